// Two servers on one database, many threads, and a database that is restarted
// under them: each version of a row has exactly one writer.
#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/postgres/postgres_store.h"
#include "tests/support/postgres.h"
#include "tests/support/process.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::EmptyCommit;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TestDatabase;
using ::testing::AnyOf;

constexpr uint64_t kRows = 6;

void CreateRows(Store& store) {
  for (uint64_t id = 0; id < kRows; ++id) {
    Commit commit = InsertOf(SampleAccount(5000 + id));
    commit.tokens.push_back({.after = SampleToken(6000 + id)});
    ASSERT_THAT(store.Commit(commit), IsOk());
  }
}

void Advance(Commit& commit, const TokenRecord& token) {
  commit.tokens.push_back(
      {.before = token,
       .after = Apply(token, {.advance_to = *token.position + 1}, kSampleTime)
                    .value()});
}

void Touch(Commit& commit, const AccountRecord& account) {
  commit.accounts.push_back(
      {.before = account, .after = Apply(account, {}, kSampleTime)});
}

// Two tokens and two accounts in any order, read a moment ago.
Commit RandomCommit(Store& store, std::mt19937& random) {
  const uint64_t one = random() % kRows;
  const uint64_t two = (one + 1 + random() % (kRows - 1)) % kRows;
  const Rows rows = store
                        .Read({.accounts = {{5000 + one}, {5000 + two}},
                               .tokens = {{6000 + two}, {6000 + one}}})
                        .value();
  Commit commit = EmptyCommit();
  for (const StatusOr<AccountSnapshot>& snapshot : rows.accounts) {
    Touch(commit, snapshot->account);
  }
  for (const StatusOr<TokenRecord>& token : rows.tokens) {
    Advance(commit, *token);
  }
  if (random() % 4 == 0) {
    // Not hot: several statements, in this order.
    commit.tokens.front().after->label += 'x';
  }
  return commit;
}

TEST(PostgresRaces, OverlappingBatchesOfTwoServersHaveOneWinnerPerVersion) {
  constexpr int kThreads = 4;
  constexpr int kBatches = 25;
  TestDatabase database;
  const std::unique_ptr<Store> stores[] = {
      PostgresStore::Open(database.Url()).value(),
      PostgresStore::Open(database.Url()).value()};
  CreateRows(*stores[0]);
  std::atomic<uint64_t> won = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Store& store = *stores[i % 2];
      std::mt19937 random(i);
      for (int batch = 0; batch < kBatches; ++batch) {
        const Commit commits[] = {RandomCommit(store, random),
                                  RandomCommit(store, random),
                                  RandomCommit(store, random)};
        const Commit* const pointers[] = {&commits[0], &commits[1],
                                          &commits[2]};
        for (const Status& status : store.Commit(pointers)) {
          won += status.ok() ? 1U : 0U;
          EXPECT_THAT(status.code(),
                      AnyOf(StatusCode::kOk, StatusCode::kAborted))
              << pawl::ToString(status);
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  // Every commit that was said to be written moved two tokens and two
  // accounts by one, and left one audit entry.
  EXPECT_GT(won, 0U);
  EXPECT_EQ(database.Run("SELECT sum(version) - count(*) FROM token"),
            std::to_string(2 * won));
  EXPECT_EQ(database.Run("SELECT sum(position) - 1000 * count(*) FROM token"),
            std::to_string(2 * won));
  EXPECT_EQ(database.Run("SELECT sum(version) - count(*) FROM account"
                         " WHERE login IS NOT NULL"),
            std::to_string(2 * won));
  EXPECT_EQ(database.Run("SELECT count(*) FROM audit"),
            std::to_string(won + kRows));
}

// Two retries of one login that reach two servers at the same moment.
TEST(PostgresRaces, AnAttemptKeyHasOneWinner) {
  constexpr uint64_t kRounds = 60;
  TestDatabase database;
  const std::unique_ptr<Store> stores[] = {
      PostgresStore::Open(database.Url()).value(),
      PostgresStore::Open(database.Url()).value()};
  CreateRows(*stores[0]);
  for (uint64_t round = 0; round < kRounds; ++round) {
    std::latch start(2);
    Status results[2];
    std::vector<std::thread> threads;
    for (size_t i = 0; i < 2; ++i) {
      Commit commit = EmptyCommit();
      Advance(commit, *stores[i]->GetToken({6000 + i}));
      commit.attempt = SampleAttempt(round);
      threads.emplace_back([&, i, commit] {
        start.arrive_and_wait();
        results[i] = stores[i]->Commit(commit);
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_NE(results[0].ok(), results[1].ok()) << round;
    EXPECT_THAT(results[results[0].ok() ? 1 : 0],
                StatusIs(StatusCode::kAborted));
  }
  // The loser's token has not moved.
  EXPECT_EQ(database.Run("SELECT sum(version) - count(*) FROM token"),
            std::to_string(kRounds));
}

// Stops at once, as after a power cut, and starts again.
void CrashTheServer() {
  const char* version = std::getenv("PGVERSION");
  ASSERT_NE(version, nullptr);
  ASSERT_EQ(testing::RunProgram({"pg_ctlcluster", version, "regress", "restart",
                                 "-m", "immediate"})
                .exit_code,
            0);
}

// Uses one token again and again until it has worked after the restart; gives
// the highest position that was acknowledged.
Position UseToken(Store& store, uint64_t id, const std::atomic<bool>& over) {
  Position acknowledged = 0;
  bool worked_after = false;
  while (!worked_after) {
    const bool was_over = over;
    const StatusOr<TokenRecord> token = store.GetToken({id});
    if (!token.ok()) {
      EXPECT_EQ(token.status().code(), StatusCode::kUnavailable);
      std::this_thread::yield();
      continue;
    }
    EXPECT_GE(token->position, acknowledged);
    Commit commit = EmptyCommit();
    Advance(commit, *token);
    const Status status = store.Commit(commit);
    if (status.ok()) {
      acknowledged = *commit.tokens.front().after->position;
      worked_after = was_over;
    } else {
      EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    }
  }
  return acknowledged;
}

TEST(PostgresRaces, NothingAcknowledgedIsLostWhenTheServerCrashes) {
  auto database = std::make_unique<TestDatabase>();
  const std::string count =
      "SELECT count(*) >= 50 FROM " + database->schema() + ".audit";
  const std::unique_ptr<Store> store =
      PostgresStore::Open(database->Url()).value();
  CreateRows(*store);
  std::atomic<bool> over = false;
  std::map<uint64_t, Position> acknowledged;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (uint64_t id = 6000; id < 6000 + kRows; ++id) {
    threads.emplace_back([&, id] {
      const Position position = UseToken(*store, id, over);
      const std::lock_guard lock(mutex);
      acknowledged[id] = position;
    });
  }
  EXPECT_TRUE(Eventually(*database, count));
  CrashTheServer();
  over = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& [id, position] : acknowledged) {
    EXPECT_EQ(store->GetToken({id}).value().position, position) << id;
  }
}

}  // namespace
}  // namespace pawl::db
