#include "db/postgres/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_records.h"

namespace pawl::db::postgres {
namespace {

using ::pawl::testing::Edited;
using ::pawl::testing::EmptyCommit;
using ::pawl::testing::InsertOf;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::RemovalOf;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::testing::ElementsAre;

Commit Use(uint64_t token) {
  const TokenRecord before = SampleToken(token);
  return ReplacementOf(before, Apply(before,
                                     {.advance_to = 2000,
                                      .drift = 1,
                                      .throttle = ThrottleState{},
                                      .used_at = kSampleTime},
                                     kSampleTime)
                                   .value());
}

Commit Fail(uint64_t account) {
  const AccountRecord before = SampleAccount(account);
  return ReplacementOf(
      before,
      Apply(before, {.throttle = ThrottleState{.failures = 9}}, kSampleTime));
}

Commit Attempt(uint64_t number) {
  Commit commit = EmptyCommit();
  commit.attempt = SampleAttempt(number);
  return commit;
}

// A commit that looks at an account and a token.
Commit Look(uint64_t account, uint64_t token) {
  Commit commit = EmptyCommit();
  commit.account_guards.push_back({{account}, 1});
  commit.token_guards.push_back({{token}, 1});
  return commit;
}

Commit Change(const TokenChange& change) {
  const TokenRecord before = SampleToken(6000);
  return ReplacementOf(before, Apply(before, change, kSampleTime).value());
}

std::vector<std::vector<size_t>> WavesOf(const std::vector<Commit>& commits) {
  std::vector<const Commit*> pointers;
  for (const Commit& commit : commits) {
    pointers.push_back(&commit);
  }
  std::vector<std::vector<size_t>> waves;
  for (const Wave& wave : Plan(pointers)) {
    waves.push_back(wave.places);
  }
  return waves;
}

using Places = std::vector<size_t>;

TEST(Plan, WhatChecksChangeIsHot) {
  for (const Commit& commit :
       {Use(1), Fail(1), Attempt(1), Look(1, 1), EmptyCommit()}) {
    EXPECT_TRUE(IsHot(commit));
  }
}

TEST(Plan, OtherChangesAreNotHot) {
  TokenChange moved;
  moved.account = AccountId{5000};
  const AccountRecord account = SampleAccount(5000);
  Commit twice = Use(6000);
  twice.tokens.push_back(twice.tokens.front());
  const Commit commits[] = {
      Change({.enabled = false}),
      Change({.label = "x"}),
      Change({.window = 1}),
      Change({.erase = true}),
      Change({.confirmed = true}),
      Change(moved),
      ReplacementOf(account, Apply(account, {.login = "x"}, {})),
      ReplacementOf(account, Apply(account, {.pin_mac = ""}, {})),
      ReplacementOf(account, Apply(account, {.enabled = false}, {})),
      ReplacementOf(account,
                    Apply(account, {.policy = AccountPolicy::kOtpOnly}, {})),
      ReplacementOf(account, Apply(account, {.device_passwords = true}, {})),
      ReplacementOf(account, Apply(account, {.password = ""}, {})),
      ReplacementOf(account, Apply(account, {.spare_codes = ""}, {})),
      InsertOf(account),
      RemovalOf(account),
      InsertOf(SampleToken(6000)),
      InsertOf(SampleClient(7000)),
      twice,
  };
  for (const Commit& commit : commits) {
    EXPECT_FALSE(IsHot(commit)) << &commit - commits;
  }
}

// The statement of a wave knows nothing of these: hot, they would be lost.
TEST(Plan, WithDevicesOrBudgetsNothingIsHot) {
  const DeviceRecord device = SampleDevice(8000, {5000});
  const BudgetRecord budget = SampleBudget(9000);
  const auto later = [](auto&) {};
  Commit guard = Use(1);
  guard.device_guards.push_back({device.id, 1});
  Commit only_guard = EmptyCommit();
  only_guard.device_guards = guard.device_guards;
  Commit first_failure = Fail(1);
  first_failure.budgets.push_back({.after = budget});
  Commit failure = Fail(1);
  failure.budgets.push_back({.before = budget, .after = Edited(budget, later)});
  Commit session = Use(1);
  session.devices.push_back({.after = device});
  const Commit commits[] = {
      guard,
      only_guard,
      first_failure,
      failure,
      session,
      InsertOf(device),
      ReplacementOf(device, Edited(device, later)),
      RemovalOf(device),
      InsertOf(budget),
      ReplacementOf(budget, Edited(budget, later)),
      RemovalOf(budget),
  };
  for (const Commit& commit : commits) {
    EXPECT_FALSE(IsHot(commit)) << &commit - commits;
  }
  EXPECT_THAT(
      WavesOf({Use(1), guard, Use(2), Use(3), first_failure, Use(1)}),
      ElementsAre(Places{0}, Places{1}, Places{2, 3}, Places{4}, Places{5}));
}

TEST(Plan, StrangersShareAStatement) {
  EXPECT_THAT(WavesOf({Use(1), Use(2), Fail(1), Attempt(1), Look(3, 3)}),
              ElementsAre(Places{0, 1, 2, 3, 4}));
}

TEST(Plan, NothingIsNothing) {
  EXPECT_THAT(WavesOf({}), ElementsAre());
}

TEST(Plan, WhatTouchesAWrittenRowComesLater) {
  EXPECT_THAT(WavesOf({Use(1), Use(1), Use(2), Use(1)}),
              ElementsAre(Places{0, 2}, Places{1}, Places{3}));
  EXPECT_THAT(WavesOf({Use(1), Look(9, 1), Use(2)}),
              ElementsAre(Places{0, 2}, Places{1}));
  EXPECT_THAT(WavesOf({Fail(1), Look(1, 9)}),
              ElementsAre(Places{0}, Places{1}));
  EXPECT_THAT(WavesOf({Attempt(1), Attempt(2), Attempt(1)}),
              ElementsAre(Places{0, 1}, Places{2}));
}

TEST(Plan, AWriteIsNeverBeforeAnEarlierLook) {
  EXPECT_THAT(WavesOf({Look(1, 1), Use(1)}), ElementsAre(Places{0, 1}));
  Commit late = Use(1);
  late.account_guards.push_back({{7}, 1});
  // 1 waits for 0, and 2 would write what 1 looks at.
  EXPECT_THAT(WavesOf({Use(1), late, Fail(7)}),
              ElementsAre(Places{0}, Places{1, 2}));
}

TEST(Plan, OthersAreAloneAndNothingPassesThem) {
  EXPECT_THAT(WavesOf({Use(1), InsertOf(SampleAccount(1)), Use(2),
                       InsertOf(SampleAccount(2)), InsertOf(SampleAccount(3)),
                       Use(3), Use(4)}),
              ElementsAre(Places{0}, Places{1}, Places{2}, Places{3}, Places{4},
                          Places{5, 6}));
}

}  // namespace
}  // namespace pawl::db::postgres
