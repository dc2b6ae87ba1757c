#include "validator/core/budget.h"

#include <gtest/gtest.h>

#include "tests/support/budget_table.h"

namespace pawl::validator {
namespace {

using db::Cause;
using db::ThrottleState;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::BudgetRow;
using testing::BudgetTable;
using testing::StoredBudget;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);
constexpr std::string_view kHome = "192.0.2.10";
constexpr std::string_view kHotel = "198.51.100.10";
constexpr Millis kDay = hours(24);

db::BudgetRecord Failed(std::string_view source, uint32_t failures,
                        UnixTime at = kNow) {
  return StoredBudget(Cause::kWrongPin, source,
                      {.failures = failures, .last_failure = at})
      .row;
}

Budget Usual(UnixTime since, bool stored = true) {
  Budget budget{.row = BudgetRow(Cause::kUsualPlace, kHome), .stored = stored};
  budget.row.throttle.last_failure = since;
  return budget;
}

TEST(BudgetPolicies, ElsewhereIsMorePatientThenSlower) {
  const ThrottlePolicy elsewhere = BudgetPolicies{}.Elsewhere();
  EXPECT_EQ(elsewhere.free_failures, 20U);
  EXPECT_EQ(elsewhere.first_delay, seconds(1));
  EXPECT_EQ(elsewhere.max_delay, hours(1));
  EXPECT_EQ(elsewhere.lock_at, 100U);
  const std::pair<Millis, Millis> delays[] = {
      {Millis(100), Millis(1200)}, {minutes(5), hours(1)},
      {hours(1), hours(12)},       {hours(2), hours(12)},
      {hours(13), hours(13)},
  };
  for (const auto& [place, expected] : delays) {
    EXPECT_EQ(
        BudgetPolicies{.place = {.max_delay = place}}.Elsewhere().max_delay,
        expected);
  }
}

TEST(HasRecentFailures, ForADay) {
  EXPECT_FALSE(HasRecentFailures({}, kNow));
  EXPECT_TRUE(HasRecentFailures({.last_failure = kNow}, kNow));
  EXPECT_TRUE(
      HasRecentFailures({.last_failure = kNow - kDay + Millis(1)}, kNow));
  EXPECT_FALSE(HasRecentFailures({.last_failure = kNow - kDay}, kNow));
  // Nor does a clock that was set back hide one, or a success since.
  EXPECT_TRUE(HasRecentFailures({.last_failure = kNow + hours(9)}, kNow));
  EXPECT_TRUE(HasRecentFailures(
      AfterSuccess({.failures = 9, .last_failure = kNow}), kNow));
}

TEST(Budget, FailuresFadeOneByOne) {
  struct Case {
    std::string_view source{};
    Millis later{0};
    uint32_t left = 0;
  };
  const Case cases[] = {
      {kHome, Millis{0}, 9},      {kHome, minutes(10) - Millis(1), 9},
      {kHome, minutes(10), 8},    {kHome, minutes(45), 5},
      {kHome, minutes(89), 1},    {kHome, minutes(90), 0},
      {kHome, hours(9999), 0},    {kElsewhere, minutes(119), 9},
      {kElsewhere, hours(2), 8},  {kElsewhere, hours(17), 1},
      {kElsewhere, hours(18), 0},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(FailuresLeft({}, Failed(one.source, 9), kNow + one.later),
              one.left)
        << one.source << " " << one.later.count();
  }
  EXPECT_EQ(FailuresLeft({}, Failed(kHome, 9, kNow + hours(5)), kNow), 9U);
  EXPECT_EQ(FailuresLeft({.refill = minutes(20)}, Failed(kHome, 9),
                         kNow + minutes(20)),
            8U);
}

// Whoever tries again whenever the gate opens waits longer each time.
std::vector<Millis> DelaysOfHammering(const BudgetPolicies& policies,
                                      std::string_view source, size_t times) {
  std::vector<Millis> delays;
  Budget budget{.row = BudgetRow(Cause::kWrongPin, source)};
  UnixTime now = kNow;
  while (delays.size() < times) {
    const BudgetWrites writes =
        CountFailure(policies, {&budget, 1}, Cause::kWrongPin, false, now);
    budget = {.row = writes.at(0).after.value(), .stored = true};
    delays.push_back(GateOf(policies, budget.row, now).retry_after);
    now += delays.back();
  }
  return delays;
}

TEST(Budget, TheDelayGrowsUpToItsMaximumAndStaysThere) {
  const std::vector<Millis> place = DelaysOfHammering({}, kHome, 40);
  const std::vector<Millis> elsewhere = DelaysOfHammering({}, kElsewhere, 80);
  for (size_t i = 0; i < 80; ++i) {
    if (i < place.size()) {
      EXPECT_EQ(place[i], i < 4    ? Millis{0}
                          : i < 13 ? seconds(1) * (1 << (i - 4))
                                   : Millis(minutes(5)))
          << i;
    }
    EXPECT_EQ(elsewhere[i], i < 19   ? Millis{0}
                            : i < 31 ? seconds(1) * (1 << (i - 19))
                                     : Millis(hours(1)))
        << i;
  }
}

TEST(Budget, NoGateOpensBeforeTheTimeItTold) {
  const BudgetPolicies policies[] = {
      {},
      {.place = {.first_delay = hours(1), .max_delay = hours(1)}},
      {.place = {.free_failures = 1, .max_delay = hours(1)}},
      {.refill = hours(1)}};
  for (const BudgetPolicies& policy : policies) {
    for (const std::string_view source : {kHome, kElsewhere}) {
      for (uint32_t failures = 0; failures < 60; ++failures) {
        const db::BudgetRecord row = Failed(source, failures);
        const Millis delay = GateOf(policy, row, kNow).retry_after;
        for (const Millis waited : {delay / 3, delay / 2, delay - Millis(1)}) {
          if (delay > Millis{0}) {
            EXPECT_EQ(GateOf(policy, row, kNow + waited).retry_after,
                      delay - waited);
          }
        }
        EXPECT_EQ(GateOf(policy, row, kNow + delay).gate, Gate::kOpen);
      }
    }
  }
}

TEST(Budget, NothingHereLocks) {
  for (const std::string_view source : {kHome, kElsewhere}) {
    const GateState gate = GateOf({}, Failed(source, 1000), kNow);
    EXPECT_EQ(gate.gate, Gate::kThrottled);
    EXPECT_LE(gate.retry_after, hours(1));
  }
  EXPECT_EQ(GateOf({}, Failed(kHome, 1000), kNow).retry_after, minutes(5));
}

TEST(Budget, AnOldFailureOfTheFutureIsOneOfNow) {
  // The clock was set back: closed for one delay, counted from now.
  const db::BudgetRecord row = Failed(kHome, 6, kNow + hours(8760));
  EXPECT_EQ(GateOf({}, row, kNow).retry_after, seconds(2));
}

TEST(Budget, AUsualPlaceIsNoFailure) {
  db::BudgetRecord row = Usual(kNow).row;
  row.throttle.failures = 1000;
  EXPECT_EQ(GateOf({}, row, kNow).gate, Gate::kOpen);
}

TEST(Gate, TheLongestOfAllCloses) {
  const Budget budgets[] = {
      StoredBudget(Cause::kWrongPin, kHotel, {6, kNow}),        // 2 s
      StoredBudget(Cause::kWrongPin, kElsewhere, {21, kNow}),   // 2 s
      StoredBudget(Cause::kWrongCode, kHotel, {8, kNow}),       // 8 s
      StoredBudget(Cause::kWrongCode, kElsewhere, {20, kNow}),  // 1 s
      Usual(kNow, /*stored=*/false),
  };
  const GateState gate = GateOf({}, budgets, /*usual=*/false, kNow);
  EXPECT_EQ(gate.gate, Gate::kThrottled);
  EXPECT_EQ(gate.retry_after, seconds(8));
  EXPECT_EQ(GateOf({}, std::span<const Budget>(), false, kNow).gate,
            Gate::kOpen);
}

TEST(Gate, AUsualPlaceIsStoppedByItsOwnFailuresOnly) {
  const Budget budgets[] = {
      StoredBudget(Cause::kWrongPin, kHome, {6, kNow}),        // 2 s
      StoredBudget(Cause::kWrongPin, kElsewhere, {99, kNow}),  // 1 h
  };
  EXPECT_EQ(GateOf({}, budgets, false, kNow).retry_after, hours(1));
  EXPECT_EQ(GateOf({}, budgets, true, kNow).retry_after, seconds(2));
  EXPECT_EQ(GateOf({}, std::span(budgets).subspan(1), true, kNow).gate,
            Gate::kOpen);
}

TEST(IsUsual, ForSixtyDaysAfterALoginFromThere) {
  const auto usual = [](const Budget& budget) {
    const Budget budgets[] = {
        StoredBudget(Cause::kWrongPin, kHome, {1, kNow}),
        StoredBudget(Cause::kWrongPin, kElsewhere, {1, kNow}), budget};
    return IsUsual(budgets, kNow);
  };
  EXPECT_TRUE(usual(Usual(kNow)));
  EXPECT_TRUE(usual(Usual(kNow - 60 * kDay + Millis(1))));
  EXPECT_FALSE(usual(Usual(kNow - 60 * kDay)));
  EXPECT_TRUE(usual(Usual(kNow + hours(1))));  // the clock was set back
  EXPECT_FALSE(usual(Usual(kNow, /*stored=*/false)));
  EXPECT_FALSE(usual(StoredBudget(Cause::kWrongCode, kHome, {0, kNow})));
  EXPECT_FALSE(IsUsual({}, kNow));
}

}  // namespace
}  // namespace pawl::validator
