// What lasts for a while: attempts, budgets, sessions; and what does not go
// when its time has come.
#include <gmock/gmock.h>

#include "tests/conformance/store_conformance.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::EmptyCommit;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::RemovalOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;

constexpr auto kAborted = StatusCode::kAborted;
constexpr auto kNotFound = StatusCode::kNotFound;

TEST_P(StoreConformance, AttemptKeyIsUnique) {
  Commit commit = EmptyCommit();
  commit.attempt = SampleAttempt(1);
  Put(commit);
  Commit again = commit;
  again.attempt->reason = Reason::kGoodCode;
  EXPECT_THAT(store().Commit(again), StatusIs(kAborted));
  again.attempt->created = commit.attempt->expires - Millis(1);
  EXPECT_THAT(store().Commit(again), StatusIs(kAborted));
  EXPECT_THAT(store().GetAttempt(commit.attempt->key),
              IsOkAndHolds(*commit.attempt));
}

TEST_P(StoreConformance, ExpiredAttemptIsReplaced) {
  Commit commit = EmptyCommit();
  commit.attempt = SampleAttempt(1);
  Put(commit);
  Commit again = commit;
  again.attempt = SampleAttempt(2);
  again.attempt->key = commit.attempt->key;
  again.attempt->account = std::nullopt;
  again.attempt->reason = Reason::kReplayed;
  again.attempt->hints = 0;
  again.attempt->created = commit.attempt->expires;
  again.attempt->expires = commit.attempt->expires + Millis(1);
  Put(again);
  EXPECT_THAT(store().GetAttempt(commit.attempt->key),
              IsOkAndHolds(*again.attempt));
}

TEST_P(StoreConformance, ExpiredAttemptsAreSweptByTend) {
  for (uint64_t number = 1; number <= 3; ++number) {
    Commit commit = EmptyCommit();
    commit.attempt = SampleAttempt(number);
    commit.attempt->expires = kSampleTime + Millis(number);
    Put(commit);
  }
  EXPECT_THAT(store().Tend(kSampleTime + Millis(2)), IsOk());
  EXPECT_THAT(store().GetAttempt(SampleAttempt(1).key), StatusIs(kNotFound));
  EXPECT_THAT(store().GetAttempt(SampleAttempt(2).key), StatusIs(kNotFound));
  EXPECT_THAT(store().GetAttempt(SampleAttempt(3).key), IsOk());
  EXPECT_THAT(store().Tend(kSampleTime), IsOk());
}

TEST_P(StoreConformance, ExpiredBudgetsAreSweptByTend) {
  Create(SampleAccount(5000));
  for (uint64_t number = 1; number <= 3; ++number) {
    BudgetRecord budget = SampleBudget(9000 + number);
    budget.expires = kSampleTime + Millis(number);
    Create(budget);
  }
  BudgetRecord of_nobody{.id = {9004}, .expires = kSampleTime};
  Create(of_nobody);
  EXPECT_THAT(store().Tend(kSampleTime + Millis(2)), IsOk());
  EXPECT_THAT(GetBudget({9001}), StatusIs(kNotFound));
  EXPECT_THAT(GetBudget({9002}), StatusIs(kNotFound));
  EXPECT_THAT(GetBudget({9003}), IsOk());
  EXPECT_THAT(GetBudget({9004}), StatusIs(kNotFound));
  EXPECT_EQ(BudgetsOf({5000}).size(), 1U);
  // Who has read one that is gone begins anew.
  EXPECT_THAT(store().Commit(RemovalOf(of_nobody)), StatusIs(kAborted));
  Create(of_nobody);
}

DeviceRecord Expiring(uint64_t id, DeviceKind kind,
                      std::optional<UnixTime> expires) {
  DeviceRecord device = SampleDevice(id, {5000});
  device.kind = kind;
  device.expires = expires;
  if (kind == DeviceKind::kLogin) {
    device.secret_mac.clear();
  }
  return device;
}

// A device password that has expired stays: its owner is told why it does not
// work any more.
TEST_P(StoreConformance, ExpiredSessionsAndLoginsAreSweptByTend) {
  Create(SampleAccount(5000));
  const UnixTime now = kSampleTime;
  const DeviceRecord devices[] = {
      Expiring(1, DeviceKind::kSession, now - Millis(1)),
      Expiring(2, DeviceKind::kSession, now),
      Expiring(3, DeviceKind::kSession, now + Millis(1)),
      Expiring(4, DeviceKind::kSession, std::nullopt),
      Expiring(5, DeviceKind::kPassword, now - Millis(1)),
      Expiring(6, DeviceKind::kPassword, now + Millis(1)),
      Expiring(7, DeviceKind::kPassword, std::nullopt),
      Expiring(8, DeviceKind::kLogin, now - Millis(1)),
      Expiring(9, DeviceKind::kLogin, std::nullopt)};
  for (const DeviceRecord& device : devices) {
    Create(device);
  }
  const size_t entries = ContentsOf().audit.size();
  EXPECT_THAT(store().Tend(now), IsOk());
  std::vector<uint64_t> left;
  for (const DeviceRecord& device : ContentsOf().devices) {
    left.push_back(device.id.value);
  }
  EXPECT_THAT(left, ElementsAre(3, 4, 5, 6, 7, 9));
  EXPECT_THAT(store().GetDevice({1}), StatusIs(kNotFound));
  EXPECT_THAT(store().GetDevice({2}), StatusIs(kNotFound));
  EXPECT_EQ(store().ListDevices({.account = AccountId{5000}}).value().size(),
            6U);
  EXPECT_EQ(ContentsOf().audit.size(), entries);
}

TEST_P(StoreConformance, AnAccountWhoseSessionsWereSweptMayGo) {
  Create(SampleAccount(5000));
  Create(Expiring(1, DeviceKind::kSession, kSampleTime));
  EXPECT_THAT(store().Commit(RemovalOf(SampleAccount(5000))),
              StatusIs(kAborted));
  EXPECT_THAT(store().Tend(kSampleTime), IsOk());
  EXPECT_THAT(store().Commit(RemovalOf(SampleAccount(5000))), IsOk());
}

}  // namespace
}  // namespace pawl::db
