// Many threads, one answer.
#include <atomic>
#include <latch>
#include <thread>
#include <utility>

#include <gmock/gmock.h>

#include "db/spare_codes.h"
#include "tests/conformance/store_conformance.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::Edited;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleBytes;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;

// Runs work(0) ... work(threads - 1) at once and waits for all.
void Race(size_t threads, const std::function<void(size_t)>& work) {
  std::latch start(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::thread> running;
  for (size_t i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
}

TEST_P(StoreConformance, ExactlyOneOfManyConcurrentCommitsWins) {
  constexpr size_t kThreads = 64;
  const std::unique_ptr<Store> second = harness().SecondConnection();
  for (Store* other : {&store(), second.get()}) {
    const uint64_t id = other == second.get() ? 6001 : 6000;
    const TokenRecord before = SampleToken(id);
    Create(before);
    const TokenRecord after =
        Apply(before, {.advance_to = 2000}, kSampleTime).value();
    std::vector<Status> results(kThreads);
    Race(kThreads, [&](size_t i) {
      Store& mine = i % 2 == 0 ? store() : *other;
      Commit commit = ReplacementOf(before, after);
      commit.audit.token = before.id;
      results[i] = mine.Commit(commit);
    });
    size_t winners = 0;
    for (const Status& result : results) {
      winners += result.ok() ? 1U : 0U;
      if (!result.ok()) {
        EXPECT_THAT(result, StatusIs(StatusCode::kAborted));
      }
    }
    EXPECT_EQ(winners, 1U);
    EXPECT_EQ(store().ListAudit({.token = before.id}).value().size(), 1U);
  }
}

TEST_P(StoreConformance, ExactlyOneOfManyConcurrentInsertsWins) {
  constexpr size_t kThreads = 16;
  const std::unique_ptr<Store> second = harness().SecondConnection();
  std::vector<Status> results(kThreads);
  Race(kThreads, [&](size_t i) {
    AccountRecord account = SampleAccount(5000 + i);
    account.login = "one@example.org";
    results[i] = (i % 2 == 0 ? store() : *second).Commit(InsertOf(account));
  });
  size_t winners = 0;
  for (const Status& result : results) {
    winners += result.ok() ? 1U : 0U;
    if (!result.ok()) {
      EXPECT_THAT(result, StatusIs(StatusCode::kAlreadyExists));
    }
  }
  EXPECT_EQ(winners, 1U);
  EXPECT_EQ(ContentsOf().accounts.size(), 1U);
}

TEST_P(StoreConformance, NoLostFailureCounts) {
  constexpr size_t kThreads = 8;
  constexpr uint32_t kFailures = 10;
  const std::unique_ptr<Store> second = harness().SecondConnection();
  const AccountId id = SampleAccount(5000).id;
  Create(SampleAccount(5000));
  const auto count_one_failure = [&](Store& mine) {
    Status status;
    do {
      const AccountRecord before = mine.GetAccount(id).value().account;
      ThrottleState throttle = before.throttle;
      ++throttle.failures;
      status = mine.Commit(ReplacementOf(
          before, Apply(before, {.throttle = throttle}, kSampleTime)));
    } while (status.code() == StatusCode::kAborted);
    EXPECT_THAT(status, IsOk());
  };
  Race(kThreads, [&](size_t i) {
    for (uint32_t failure = 0; failure < kFailures; ++failure) {
      count_one_failure(i % 2 == 0 ? store() : *second);
    }
  });
  const AccountRecord after = store().GetAccount(id).value().account;
  EXPECT_EQ(after.throttle.failures,
            SampleAccount(5000).throttle.failures + kThreads * kFailures);
  EXPECT_EQ(after.version, 1 + kThreads * kFailures);
  EXPECT_EQ(ContentsOf().audit.size(), 1 + kThreads * kFailures);
}

// A race for the first row, and for each one after it.
TEST_P(StoreConformance, NoLostFailuresOfABudget) {
  constexpr size_t kThreads = 16;
  constexpr uint32_t kFailures = 5;
  const std::unique_ptr<Store> second = harness().SecondConnection();
  const auto try_to_count = [](Store& mine) {
    const StatusOr<BudgetRecord> found =
        mine.Read({.budgets = {{9000}}}).value().budgets.front();
    if (found.ok()) {
      return mine.Commit(ReplacementOf(
          *found,
          Edited(*found, [](BudgetRecord& b) { ++b.throttle.failures; })));
    }
    BudgetRecord first = SampleBudget(9000);
    first.throttle.failures = 1;
    return mine.Commit(InsertOf(first));
  };
  Race(kThreads, [&](size_t i) {
    Store& mine = i % 2 == 0 ? store() : *second;
    for (uint32_t failure = 0; failure < kFailures; ++failure) {
      Status status = try_to_count(mine);
      while (status.code() == StatusCode::kAborted ||
             status.code() == StatusCode::kAlreadyExists) {
        status = try_to_count(mine);
      }
      EXPECT_THAT(status, IsOk());
    }
  });
  const BudgetRecord after = GetBudget({9000}).value();
  EXPECT_EQ(after.throttle.failures, kThreads * kFailures);
  EXPECT_EQ(after.version, kThreads * kFailures);
  EXPECT_EQ(ContentsOf().audit.size(), kThreads * kFailures);
}

// `account` with its spare code `place` used, or nullopt when it already is.
std::optional<AccountRecord> WithUsedCode(const AccountRecord& account,
                                          size_t place) {
  std::vector<SpareCode> codes = UnpackSpareCodes(account.spare_codes);
  if (std::exchange(codes[place].used, true)) {
    return std::nullopt;
  }
  return Apply(account, {.spare_codes = PackSpareCodes(codes)}, kSampleTime);
}

// A recovery code is good once, however many type it at the same moment and
// wherever: the account's version sees to it.
TEST_P(StoreConformance, ASpareCodeIsUsedOnce) {
  constexpr size_t kCodes = 8;
  constexpr size_t kUsers = 4;
  const std::unique_ptr<Store> second = harness().SecondConnection();
  std::vector<SpareCode> codes;
  for (size_t i = 0; i < kCodes; ++i) {
    codes.push_back({.mac = SampleBytes(i, 16)});
  }
  AccountRecord account = SampleAccount(5000);
  account.spare_codes = PackSpareCodes(codes);
  Create(account);
  for (size_t place = 0; place < kCodes; ++place) {
    std::atomic<int> accepted = 0;
    std::atomic<int> replayed = 0;
    Race(kUsers, [&](size_t i) {
      Store& mine = i % 2 == 0 ? store() : *second;
      Status status = Aborted("not yet");
      while (status.code() == StatusCode::kAborted) {
        const AccountRecord before = mine.GetAccount({5000})->account;
        const std::optional<AccountRecord> used = WithUsedCode(before, place);
        if (!used.has_value()) {
          ++replayed;
          return;
        }
        status = mine.Commit(ReplacementOf(before, *used));
      }
      EXPECT_THAT(status, IsOk());
      accepted += status.ok() ? 1 : 0;
    });
    EXPECT_EQ(accepted, 1) << place;
    EXPECT_EQ(replayed, kUsers - 1) << place;
  }
  EXPECT_EQ(store().GetAccount({5000})->account.version, 1 + kCodes);
}

// Two who have both read it unused.
TEST_P(StoreConformance, OfTwoUsersOfASpareCodeOneCommits) {
  const std::unique_ptr<Store> second = harness().SecondConnection();
  const AccountRecord account = SampleAccount(5000);  // its first code is fresh
  Create(account);
  const Commit use = ReplacementOf(account, *WithUsedCode(account, 0));
  Status results[2];
  Race(2, [&](size_t i) {
    results[i] = (i == 0 ? store() : *second).Commit(use);
  });
  EXPECT_NE(results[0].ok(), results[1].ok());
  EXPECT_THAT(results[results[0].ok() ? 1 : 0], StatusIs(StatusCode::kAborted));
  EXPECT_EQ(ContentsOf().audit.size(), 2U);
}

// Two rows that change together are seen together.
TEST_P(StoreConformance, ADeviceAndItsAccountAreFromOneMoment) {
  constexpr int kSteps = 60;
  AccountRecord account = SampleAccount(5000);
  DeviceRecord device = SampleDevice(8000, account.id);
  Create(account);
  Create(device);
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      const DeviceSnapshot seen = store().GetDevice({8000}).value();
      EXPECT_EQ(seen.account.version, seen.device.version);
    }
  });
  for (int step = 0; step < kSteps; ++step) {
    const DeviceRecord used = Edited(device, [](auto&) {});
    const AccountRecord touched = Apply(account, {}, kSampleTime);
    Commit commit = ReplacementOf(device, used);
    commit.accounts.push_back({.before = account, .after = touched});
    EXPECT_THAT(store().Commit(commit), IsOk());
    device = used;
    account = touched;
  }
  done = true;
  reader.join();
}

// Two rows that change together are seen together.
TEST_P(StoreConformance, SnapshotsAreFromOneMoment) {
  constexpr Position kSteps = 60;
  auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      const AccountSnapshot seen = store().GetAccount({5000}).value();
      EXPECT_EQ(seen.account.version, seen.tokens.front().version);
    }
  });
  for (Position step = 1; step <= kSteps; ++step) {
    TokenRecord& token = tokens.front();
    const TokenRecord moved =
        Apply(token, {.advance_to = *token.position + 1}, kSampleTime).value();
    const AccountRecord touched = Apply(account, {}, kSampleTime);
    Commit commit = ReplacementOf(token, moved);
    commit.accounts.push_back({.before = account, .after = touched});
    EXPECT_THAT(store().Commit(commit), IsOk());
    token = moved;
    account = touched;
  }
  done = true;
  reader.join();
}

}  // namespace
}  // namespace pawl::db
