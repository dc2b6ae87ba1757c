#include "db/postgres/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::EmptyCommit;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TestDatabase;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kAborted = StatusCode::kAborted;
constexpr auto kDataLoss = StatusCode::kDataLoss;

class PostgresStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(std::string_view more = {}) {
    return PostgresStore::Open(database_.Url(more)).value();
  }

  TestDatabase database_;
};

Commit Move(const TokenRecord& token, Position to) {
  return ReplacementOf(token,
                       Apply(token, {.advance_to = to}, kSampleTime).value());
}

std::vector<Status> CommitAll(Store& store,
                              const std::vector<Commit>& commits) {
  std::vector<const Commit*> pointers;
  for (const Commit& commit : commits) {
    pointers.push_back(&commit);
  }
  return store.Commit(pointers);
}

TEST_F(PostgresStoreTest, IsCalledPostgresql) {
  EXPECT_EQ(Open()->Engine(), "postgresql");
}

// Checks and other commits, mixed.
TEST_F(PostgresStoreTest, CommitsOfABatchMeetEachOther) {
  const std::unique_ptr<Store> store = Open();
  const TokenRecord token = SampleToken(6000);
  const Commit first = Move(token, 2000);
  const TokenRecord moved = *first.tokens.front().after;
  Commit attempt = EmptyCommit();
  attempt.attempt = SampleAttempt(1);
  Commit guard = EmptyCommit();
  guard.token_guards = {{token.id, 2}};
  const std::vector<Status> results =
      CommitAll(*store, {InsertOf(token), attempt, first, Move(token, 3000),
                         guard, attempt, Move(moved, 2001), InsertOf(token)});
  EXPECT_THAT(results,
              ElementsAre(IsOk(), IsOk(), IsOk(), StatusIs(kAborted), IsOk(),
                          StatusIs(kAborted), IsOk(),
                          StatusIs(StatusCode::kAlreadyExists, "id is taken")));
  EXPECT_EQ(store->GetToken(token.id).value().position, 2001U);
}

TEST_F(PostgresStoreTest, ALargeBatchIsOneStatement) {
  constexpr uint64_t kTokens = 300;
  const std::unique_ptr<Store> store = Open();
  std::vector<Commit> inserts;
  std::vector<Commit> moves;
  Keys keys;
  for (uint64_t id = 6000; id < 6000 + kTokens; ++id) {
    inserts.push_back(InsertOf(SampleToken(id)));
    moves.push_back(Move(SampleToken(id), 2000));
    moves.back().attempt = SampleAttempt(id);
    keys.tokens.push_back({id});
  }
  EXPECT_THAT(CommitAll(*store, inserts), ::testing::Each(IsOk()));
  EXPECT_THAT(CommitAll(*store, moves), ::testing::Each(IsOk()));
  const Rows rows = store->Read(keys).value();
  EXPECT_EQ(rows.tokens.size(), kTokens);
  for (const StatusOr<TokenRecord>& token : rows.tokens) {
    EXPECT_EQ(token.value().position, 2000U);
  }
  EXPECT_EQ(database_.Run("SELECT count(DISTINCT xmin::text) FROM token"), "1");
}

// A check may write or look at any of these: each combination is a statement
// of its own.
TEST_F(PostgresStoreTest, EveryKindOfCheckIsWritten) {
  const std::unique_ptr<Store> store = Open();
  AccountRecord account = SampleAccount(5000);
  TokenRecord token = SampleToken(6000);
  Commit create = InsertOf(account);
  create.tokens.push_back({.after = token});
  create.accounts.push_back({.after = SampleAccount(5001)});
  create.tokens.push_back({.after = SampleToken(6001)});
  create.clients.push_back({.after = SampleClient(7000)});
  ASSERT_THAT(store->Commit(create), IsOk());
  for (unsigned parts = 0; parts < 64; ++parts) {
    Commit commit = EmptyCommit();
    if ((parts & 1U) != 0) {
      const AccountRecord before = account;
      account = Apply(account, {.throttle = ThrottleState{.failures = parts}},
                      kSampleTime);
      commit.accounts.push_back({.before = before, .after = account});
    }
    if ((parts & 2U) != 0) {
      commit.tokens = Move(token, *token.position + 1).tokens;
      token = *commit.tokens.front().after;
    }
    if ((parts & 4U) != 0) {
      commit.attempt = SampleAttempt(parts);
    }
    if ((parts & 8U) != 0) {
      commit.account_guards.push_back({{5001}, 1});
    }
    if ((parts & 16U) != 0) {
      commit.token_guards.push_back({{6001}, 1});
    }
    if ((parts & 32U) != 0) {
      commit.client_guards.push_back({{7000}, 1});
    }
    EXPECT_THAT(store->Commit(commit), IsOk()) << parts;
    EXPECT_EQ(store->GetAccount({5000}).value().account, account) << parts;
    EXPECT_EQ(store->GetToken({6000}).value(), token) << parts;
    EXPECT_EQ(store->GetAttempt(SampleAttempt(parts).key).ok(),
              (parts & 4U) != 0)
        << parts;
    // With one look too many nothing of it is written.
    commit.account_guards.push_back({{5001}, 2});
    EXPECT_THAT(store->Commit(commit), StatusIs(kAborted)) << parts;
  }
  EXPECT_EQ(store->ListAudit({}).value().size(), 65U);
}

TEST_F(PostgresStoreTest, ResultsStandAtThePlaceOfTheirKeys) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_THAT(store->Commit(InsertOf(SampleAccount(5000))), IsOk());
  ASSERT_THAT(store->Commit(InsertOf(SampleToken(6001, {5000}))), IsOk());
  ASSERT_THAT(store->Commit(InsertOf(SampleToken(6002, {5000}))), IsOk());
  database_.Run(
      "SET session_replication_role = replica;"
      "UPDATE token SET kind = 0 WHERE id = 6002");
  const std::string login = SampleAccount(5000).login;
  const Rows rows =
      store
          ->Read({.logins = {"x", login, login},
                  .accounts = {{5000}, {5001}, {1}},
                  .tokens = {{6002}, {~uint64_t{0}}, {6001}, {6001}}})
          .value();
  EXPECT_THAT(rows.logins, ElementsAre(StatusIs(StatusCode::kNotFound),
                                       StatusIs(kDataLoss, HasSubstr("6002")),
                                       StatusIs(kDataLoss)));
  EXPECT_THAT(rows.accounts,
              ElementsAre(StatusIs(kDataLoss), StatusIs(StatusCode::kNotFound),
                          IsOk()));
  EXPECT_THAT(rows.tokens,
              ElementsAre(StatusIs(kDataLoss), StatusIs(StatusCode::kNotFound),
                          IsOkAndHolds(SampleToken(6001, {5000})), IsOk()));
}

// What a statement is refused with, or "".
std::string ErrorOf(TestDatabase& database, const std::string& sql) {
  return database.Run(
      "DROP FUNCTION IF EXISTS try();"
      "CREATE FUNCTION try() RETURNS text LANGUAGE plpgsql AS $try$ BEGIN " +
      sql +
      "; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $try$;"
      "SELECT try()");
}

TEST_F(PostgresStoreTest, TriggersStopWhoWritesPastTheStore) {
  const std::unique_ptr<Store> store = Open();
  const TokenRecord token = SampleToken(6000);
  ASSERT_THAT(store->Commit(InsertOf(token)), IsOk());
  struct Case {
    const char* sql;
    const char* message;
  };
  const Case cases[] = {
      {"UPDATE token SET position = position - 1", "only moves forward"},
      {"UPDATE token SET position = NULL", "only moves forward"},
      {"UPDATE token SET id = 6001, position = 0", "only moves forward"},
      {"DELETE FROM token", "never removed"},
      {"TRUNCATE token", "never removed"},
      {"UPDATE audit SET caller = 'somebody else'", "never changed"},
      {"DELETE FROM audit", "never changed or removed"},
      {"TRUNCATE audit", "never changed or removed"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(ErrorOf(database_, c.sql), HasSubstr(c.message)) << c.sql;
  }
  EXPECT_THAT(store->GetToken(token.id), IsOkAndHolds(token));
  EXPECT_EQ(store->ListAudit({}).value().size(), 1U);
  EXPECT_EQ(ErrorOf(database_, "UPDATE token SET position = position + 1"), "");
}

TEST_F(PostgresStoreTest, DeepListsUseTheirIndexes) {
  static_cast<void>(Open());
  struct Case {
    const char* sql;
    const char* plan;
  };
  const Case cases[] = {
      {"SELECT * FROM account WHERE login = ''", "account_login_key"},
      {"SELECT * FROM account WHERE login > '' ORDER BY login LIMIT 9",
       "account_login_key"},
      {"SELECT * FROM token WHERE account_id = 1", "token_account"},
      {"SELECT * FROM token WHERE public_id = ''", "token_public_id_key"},
      {"SELECT * FROM token WHERE fingerprint = ''", "token_fingerprint_key"},
      {"SELECT * FROM audit WHERE sequence < 9 AND account_id = 1"
       " ORDER BY sequence DESC LIMIT 9",
       "audit_account"},
      {"SELECT * FROM audit WHERE sequence < 9 AND token_id = 1"
       " ORDER BY sequence DESC LIMIT 9",
       "audit_token"},
      {"SELECT key FROM attempt WHERE expires <= 9 ORDER BY expires LIMIT 9",
       "attempt_expires"},
      {"SELECT id FROM budget WHERE expires <= 9 ORDER BY expires LIMIT 9",
       "budget_expires"},
      // Passes over no device password that has expired.
      {"SELECT id FROM device WHERE expires <= 9 AND kind = 2"
       " ORDER BY expires LIMIT 9",
       "device_expires"},
      {"SELECT * FROM device WHERE id > 9 AND account_id = 1 ORDER BY id"
       " LIMIT 9",
       "device_account"},
      {"SELECT * FROM device WHERE id > 9 ORDER BY id LIMIT 9",
       "device_id_key"},
      {"SELECT * FROM budget WHERE account_id = 1 LIMIT 9", "budget_account"},
  };
  database_.Run("SET enable_seqscan = off; SET enable_bitmapscan = off");
  for (const Case& c : cases) {
    const std::string plan =
        database_.Run("EXPLAIN (FORMAT JSON) " + std::string(c.sql));
    EXPECT_THAT(plan, AllOf(HasSubstr(c.plan), Not(HasSubstr("\"Sort\""))))
        << c.sql;
  }
}

}  // namespace
}  // namespace pawl::db
