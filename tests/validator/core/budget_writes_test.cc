// The rows that failures and successes write (validator/core/budget.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/budget_table.h"
#include "validator/core/budget.h"

namespace pawl::validator {
namespace {

using db::BudgetRecord;
using db::Cause;
using db::ThrottleState;
using std::chrono::hours;
using std::chrono::minutes;
using testing::BudgetRow;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::StoredBudget;

using Writes = BudgetWrites;
using RowWrite = db::Write<BudgetRecord>;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);
constexpr UnixTime kEarlier = kNow - minutes(25);  // two failures fade
constexpr std::string_view kPlace = "198.51.100.10";
constexpr Millis kDay = hours(24);

Budget New(Cause cause, std::string_view source) {
  return {.row = BudgetRow(cause, source)};
}

// All that a login's failure may count in.
std::vector<Budget> NewRows() {
  return {New(Cause::kUndecryptable, kPlace),
          New(Cause::kUndecryptable, kElsewhere),
          New(Cause::kWrongPin, kPlace),
          New(Cause::kWrongPin, kElsewhere),
          New(Cause::kWrongCode, kPlace),
          New(Cause::kWrongCode, kElsewhere),
          New(Cause::kUsualPlace, kPlace)};
}

std::vector<Budget> StoredRows(const ThrottleState& throttle) {
  std::vector<Budget> budgets;
  for (const Budget& budget : NewRows()) {
    budgets.push_back(
        StoredBudget(budget.row.cause, budget.row.source, throttle));
  }
  return budgets;
}

// Nothing but these may differ between two versions of a row.
void ExpectSameBudget(const BudgetRecord& before, const BudgetRecord& after) {
  BudgetRecord expected = before;
  expected.version = after.version;
  expected.throttle = after.throttle;
  expected.expires = after.expires;
  EXPECT_EQ(after, expected);
}

TEST(CountFailure, TheFirstOneInsertsTwoRowsOfItsCause) {
  const Writes writes =
      CountFailure({}, NewRows(), Cause::kWrongPin, /*usual=*/false, kNow);
  ASSERT_THAT(writes, SizeIs(2));
  const std::string_view sources[] = {kPlace, kElsewhere};
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_FALSE(writes[i].before.has_value());
    ASSERT_TRUE(writes[i].after.has_value());
    ExpectSameBudget(BudgetRow(Cause::kWrongPin, sources[i]), *writes[i].after);
    EXPECT_EQ(writes[i].after->version, 1U);
    EXPECT_EQ(writes[i].after->throttle, (ThrottleState{1, kNow}));
    EXPECT_EQ(writes[i].after->expires, kNow + kDay);
  }
}

TEST(CountFailure, AnotherOneReplacesThem) {
  const std::vector<Budget> budgets = StoredRows({9, kEarlier});
  const Writes writes =
      CountFailure({}, budgets, Cause::kWrongCode, false, kNow);
  ASSERT_THAT(writes, SizeIs(2));
  // At the place two have faded, elsewhere none.
  const uint32_t failures[] = {8, 10};
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(writes[i].before, budgets[4 + i].row);
    ASSERT_TRUE(writes[i].after.has_value());
    ExpectSameBudget(budgets[4 + i].row, *writes[i].after);
    EXPECT_EQ(writes[i].after->version, 8U);
    EXPECT_EQ(writes[i].after->throttle, (ThrottleState{failures[i], kNow}));
    EXPECT_EQ(writes[i].after->expires, kNow + kDay);
    EXPECT_TRUE(CheckReplacement(*writes[i].before, *writes[i].after).ok());
  }
}

TEST(CountFailure, EachCauseHasItsOwnRows) {
  for (const Cause cause :
       {Cause::kUndecryptable, Cause::kWrongPin, Cause::kWrongCode}) {
    const Writes writes = CountFailure({}, NewRows(), cause, false, kNow);
    ASSERT_THAT(writes, SizeIs(2));
    for (const RowWrite& write : writes) {
      EXPECT_EQ(write.after->cause, cause);
    }
  }
  EXPECT_THAT(CountFailure({}, NewRows(), Cause::kPassword, false, kNow),
              IsEmpty());
}

TEST(CountFailure, AUsualPlaceCountsOnItsOwnOnly) {
  const std::vector<Budget> budgets = StoredRows({3, kNow});
  const Writes writes = CountFailure({}, budgets, Cause::kWrongPin, true, kNow);
  ASSERT_THAT(writes, SizeIs(1));
  EXPECT_EQ(writes[0].after->source, kPlace);
  EXPECT_EQ(writes[0].after->throttle, (ThrottleState{4, kNow}));
}

TEST(CountFailure, WhatHasFadedAltogetherBeginsAnew) {
  const std::vector<Budget> budgets = StoredRows({3, kNow - hours(6)});
  const Writes writes =
      CountFailure({}, budgets, Cause::kWrongPin, false, kNow);
  ASSERT_THAT(writes, SizeIs(2));
  for (const RowWrite& write : writes) {
    EXPECT_EQ(write.after->throttle, (ThrottleState{1, kNow}));
    EXPECT_EQ(write.after->version, 8U);
  }
}

TEST(CountFailure, AFailureOfTheFutureCountsAsOneOfNow) {
  const std::vector<Budget> budgets = StoredRows({3, kNow + hours(8760)});
  for (const RowWrite& write :
       CountFailure({}, budgets, Cause::kWrongPin, false, kNow)) {
    EXPECT_EQ(write.after->throttle, (ThrottleState{4, kNow}));
    EXPECT_EQ(write.after->expires, kNow + kDay);
  }
}

TEST(CountFailure, TheCountSaturates) {
  for (const uint32_t failures : {1000U, UINT32_MAX}) {
    const std::vector<Budget> budgets = StoredRows({failures, kNow});
    for (const RowWrite& write :
         CountFailure({}, budgets, Cause::kWrongPin, false, kNow)) {
      EXPECT_EQ(write.after->throttle, (ThrottleState{1000, kNow}));
    }
  }
}

TEST(CountSuccess, ClearsAllThatItsPlaceHasCounted) {
  const std::vector<Budget> budgets = StoredRows({3, kEarlier});
  std::vector<Budget> without_usual(budgets.begin(), budgets.end() - 1);
  const Writes writes = CountSuccess(without_usual);
  ASSERT_THAT(writes, SizeIs(3));
  for (size_t i = 0; i < 3; ++i) {
    const BudgetRecord& before = budgets[2 * i].row;
    EXPECT_EQ(before.source, kPlace);
    EXPECT_EQ(writes[i].before, before);
    ExpectSameBudget(before, *writes[i].after);
    EXPECT_EQ(writes[i].after->version, 8U);
    // When the last one was stays known, and so does until when it matters.
    EXPECT_EQ(writes[i].after->throttle, (ThrottleState{0, kEarlier}));
    EXPECT_EQ(writes[i].after->expires, before.expires);
  }
}

TEST(CountSuccess, WritesNothingWhereThereIsNothingToClear) {
  EXPECT_THAT(CountSuccess(NewRows()), IsEmpty());
  EXPECT_THAT(CountSuccess(StoredRows({0, kEarlier})), IsEmpty());
  EXPECT_THAT(CountSuccess({}), IsEmpty());
  // Failures from elsewhere are not forgiven by a login from here.
  const Budget elsewhere =
      StoredBudget(Cause::kWrongPin, kElsewhere, {50, kEarlier});
  EXPECT_THAT(CountSuccess({&elsewhere, 1}), IsEmpty());
}

TEST(Correct, AFailureOfTheFutureBecomesOneOfNow) {
  const UnixTime future = kNow + hours(8760);
  const std::vector<Budget> budgets = StoredRows({6, future});
  const Writes writes = Correct(budgets, kNow);
  ASSERT_THAT(writes, SizeIs(budgets.size()));
  for (size_t i = 0; i < budgets.size(); ++i) {
    EXPECT_EQ(writes[i].before, budgets[i].row);
    ExpectSameBudget(budgets[i].row, *writes[i].after);
    EXPECT_EQ(writes[i].after->version, 8U);
    EXPECT_EQ(writes[i].after->throttle, (ThrottleState{6, kNow}));
    // A place that was usual stays so.
    EXPECT_EQ(
        writes[i].after->expires,
        kNow + (budgets[i].row.cause == Cause::kUsualPlace ? kUsualFor : kDay));
  }
}

TEST(Correct, TheGateOpensAfterOneDelay) {
  const Budget before =
      StoredBudget(Cause::kWrongPin, kPlace, {6, kNow + hours(8760)});
  // As it was it would never open: the delay would begin anew each time.
  EXPECT_EQ(GateOf({}, before.row, kNow + hours(1)).gate, Gate::kThrottled);
  const Writes writes = Correct({&before, 1}, kNow);
  ASSERT_THAT(writes, SizeIs(1));
  const Millis delay = GateOf({}, *writes[0].after, kNow).retry_after;
  EXPECT_EQ(delay, std::chrono::seconds(2));
  EXPECT_EQ(GateOf({}, *writes[0].after, kNow + delay).gate, Gate::kOpen);
}

TEST(Correct, LeavesThePastAlone) {
  EXPECT_THAT(Correct(StoredRows({6, kNow}), kNow), IsEmpty());
  EXPECT_THAT(Correct(StoredRows({6, kEarlier}), kNow), IsEmpty());
  // What is not stored has nothing to correct.
  std::vector<Budget> rows = NewRows();
  rows[0].row.throttle.last_failure = kNow + hours(1);
  EXPECT_THAT(Correct(rows, kNow), IsEmpty());
}

}  // namespace
}  // namespace pawl::validator
