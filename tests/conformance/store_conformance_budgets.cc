// Budgets: rows under ids that follow from what they are for, so that two who
// make the first one at the same moment meet.
#include <gmock/gmock.h>

#include "tests/conformance/store_conformance.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::Edited;
using ::pawl::testing::EmptyCommit;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::RemovalOf;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kAborted = StatusCode::kAborted;
constexpr auto kAlreadyExists = StatusCode::kAlreadyExists;
constexpr auto kInternal = StatusCode::kInternal;
constexpr auto kNotFound = StatusCode::kNotFound;

BudgetRecord Failed(const BudgetRecord& budget) {
  return Edited(budget, [](BudgetRecord& b) {
    ++b.throttle.failures;
    b.throttle.last_failure += Millis(5);
    b.expires += Millis(5);
  });
}

TEST_P(StoreConformance, BudgetsAreInsertedReplacedAndRemoved) {
  const BudgetRecord budget = SampleBudget(9000);
  Create(budget);
  EXPECT_THAT(GetBudget(budget.id), IsOkAndHolds(budget));
  const BudgetRecord failed = Failed(budget);
  Put(ReplacementOf(budget, failed));
  EXPECT_THAT(GetBudget(budget.id), IsOkAndHolds(failed));
  EXPECT_THAT(store().Commit(ReplacementOf(budget, failed)),
              StatusIs(kAborted));
  EXPECT_THAT(store().Commit(RemovalOf(budget)), StatusIs(kAborted));
  EXPECT_THAT(GetBudget(budget.id), IsOkAndHolds(failed));
  Put(RemovalOf(failed));
  EXPECT_THAT(GetBudget(budget.id), StatusIs(kNotFound));
  EXPECT_THAT(store().Commit(RemovalOf(failed)), StatusIs(kAborted));
  EXPECT_THAT(store().Commit(ReplacementOf(budget, failed)),
              StatusIs(kAborted));
  Create(budget);
}

TEST_P(StoreConformance, ASecondInsertOfABudgetIsAlreadyExists) {
  const AccountRecord account = SampleAccount(5000);
  Create(account);
  const BudgetRecord budget = SampleBudget(9000);
  Create(budget);
  const Contents before = ContentsOf();
  Commit second = InsertOf(SampleBudget(9001));
  second.budgets.push_back({.after = Edited(budget, [](BudgetRecord& b) {
                              b.version = 1;
                              b.throttle.failures = 77;
                            })});
  second.accounts = {
      {.before = account, .after = Apply(account, {.login = "x"}, {})}};
  second.attempt = SampleAttempt(1);
  EXPECT_THAT(store().Commit(second), StatusIs(kAlreadyExists, "id is taken"));
  EXPECT_EQ(ContentsOf(), before);
  EXPECT_THAT(GetBudget({9001}), StatusIs(kNotFound));
  EXPECT_THAT(store().GetAttempt(SampleAttempt(1).key), StatusIs(kNotFound));
  // The same in one batch, where nobody has seen the first one yet.
  const Commit other = InsertOf(SampleBudget(9002));
  const Commit* const batch[] = {&other, &other};
  EXPECT_THAT(store().Commit(batch),
              ElementsAre(IsOk(), StatusIs(kAlreadyExists, "id is taken")));
}

TEST_P(StoreConformance, BudgetsAreReadAtThePlaceOfTheirKeys) {
  const BudgetRecord one = SampleBudget(1);
  const BudgetRecord two = SampleBudget(kMaxPosition);
  Create(one);
  Create(two);
  const Rows rows =
      store()
          .Read({.budgets = {two.id, BudgetId{2}, one.id, two.id, BudgetId{0},
                             BudgetId{~uint64_t{0}}}})
          .value();
  EXPECT_THAT(
      rows.budgets,
      ElementsAre(IsOkAndHolds(two), StatusIs(kNotFound), IsOkAndHolds(one),
                  IsOkAndHolds(two), StatusIs(kNotFound), StatusIs(kNotFound)));
}

// Strangers have budgets too, and so have tokens and names without account.
TEST_P(StoreConformance, BudgetsAreListedByAccount) {
  const auto create = [&](uint64_t id, std::optional<AccountId> account) {
    BudgetRecord budget = SampleBudget(id);
    budget.account = account;
    Create(budget);
    return budget;
  };
  const BudgetRecord one = create(9003, AccountId{5000});
  create(9002, AccountId{5001});
  const BudgetRecord two = create(9001, AccountId{5000});
  const BudgetRecord strange = create(9004, AccountId{7});
  create(9005, std::nullopt);
  EXPECT_THAT(BudgetsOf({5000}), ElementsAre(two, one));
  EXPECT_THAT(BudgetsOf({7}), ElementsAre(strange));
  EXPECT_THAT(BudgetsOf({5002}), IsEmpty());
  EXPECT_THAT(BudgetsOf({0}), IsEmpty());
}

TEST_P(StoreConformance, ListedBudgetsAreABoundedNumber) {
  Commit commit = EmptyCommit();
  for (uint64_t id = 1; id <= Store::kMaxPage + 1; ++id) {
    commit.budgets.push_back({.after = SampleBudget(id)});
  }
  Put(commit);
  EXPECT_EQ(BudgetsOf({5000}).size(), Store::kMaxPage);
}

// Budgets only name an account; they keep it from nothing.
TEST_P(StoreConformance, AnAccountGoesWithoutItsBudgets) {
  Create(SampleAccount(5000));
  Create(SampleBudget(9000));
  Put(RemovalOf(SampleAccount(5000)));
  EXPECT_THAT(GetBudget({9000}), IsOk());
  Create(SampleBudget(9001));
}

TEST_P(StoreConformance, RulesOfBudgetCommitsAreChecked) {
  Create(SampleAccount(5000));
  const BudgetRecord budget = SampleBudget(9000);
  Create(budget);
  const Commit commits[] = {
      InsertOf(SampleBudget(0)),
      InsertOf(SampleBudget(kMaxPosition + 1)),
      InsertOf(Edited(SampleBudget(9001), [](auto&) {})),
      ReplacementOf(budget, budget),
      ReplacementOf(budget, Edited(budget, [](auto& b) { b.id = {9001}; })),
      ReplacementOf(budget,
                    Edited(budget, [](auto& b) { b.cause = Cause::kExplain; })),
      ReplacementOf(
          budget, Edited(budget, [](auto& b) { b.account = AccountId{5001}; })),
      ReplacementOf(budget,
                    Edited(budget, [](auto& b) { b.token = std::nullopt; })),
      RemovalOf(Edited(budget, [](auto& b) { b.cause = Cause{9}; })),
  };
  const Contents before = ContentsOf();
  for (const Commit& commit : commits) {
    EXPECT_THAT(store().Commit(commit), StatusIs(kInternal))
        << &commit - commits;
  }
  EXPECT_EQ(ContentsOf(), before);
}

}  // namespace
}  // namespace pawl::db
