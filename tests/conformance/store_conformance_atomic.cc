// All of a commit or nothing, whichever part of it fails.
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
using ::pawl::testing::Moved;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;

constexpr auto kAborted = StatusCode::kAborted;
constexpr auto kAlreadyExists = StatusCode::kAlreadyExists;
constexpr auto kInternal = StatusCode::kInternal;
constexpr auto kNotFound = StatusCode::kNotFound;

// What is there before: a row of each kind, and those that are to go.
Commit FirstRows() {
  Commit commit = EmptyCommit();
  commit.accounts = {{.after = SampleAccount(5000)},
                     {.after = SampleAccount(5002)}};
  commit.tokens = {{.after = SampleToken(6000, {5000})}};
  commit.clients = {{.after = SampleClient(7000)}};
  commit.devices = {{.after = SampleDevice(8000, {5000})},
                    {.after = SampleDevice(8002, {5000})},
                    {.after = SampleDevice(8003, {5002})}};
  commit.budgets = {{.after = SampleBudget(9000)},
                    {.after = SampleBudget(9002)}};
  commit.attempt = SampleAttempt(1);
  return commit;
}

template <typename Record>
Write<Record> Touched(const Record& before) {
  return {.before = before, .after = Edited(before, [](Record&) {})};
}

// On top of FirstRows(): does something everywhere, and works.
Commit GoodCommit() {
  Commit commit = EmptyCommit();
  commit.accounts = {Touched(SampleAccount(5000)),
                     {.after = SampleAccount(5001)}};
  const TokenRecord token = SampleToken(6000, {5000});
  commit.tokens = {{.before = token, .after = Moved(token, 2000)},
                   {.after = SampleToken(6001, {5001})}};
  commit.clients = {{.after = SampleClient(7001)},
                    {.before = SampleClient(7000)}};
  commit.devices = {Touched(SampleDevice(8000, {5000})),
                    {.after = SampleDevice(8001, {5001})},
                    {.before = SampleDevice(8002, {5000})}};
  commit.budgets = {Touched(SampleBudget(9000)),
                    {.after = SampleBudget(9001)},
                    {.before = SampleBudget(9002)}};
  commit.account_guards = {{{5000}, 1}};
  commit.token_guards = {{{6000}, 1}};
  commit.client_guards = {{{7000}, 1}};
  commit.device_guards = {{{8000}, 1}};
  commit.attempt = SampleAttempt(2);
  return commit;
}

// The write was made from a row that nobody has stored.
template <typename Record>
void MakeStale(Write<Record>& write) {
  ++write.before->version;
  if (write.after.has_value()) {
    ++write.after->version;
  }
}

// What can be wrong with GoodCommit().
struct Case {
  StatusCode code;
  void (*spoil)(Commit&);
};

constexpr Case kCases[] = {
    {kAborted, [](Commit& c) { ++c.account_guards[0].version; }},
    {kAborted, [](Commit& c) { c.token_guards[0].id.value = 6009; }},
    {kAborted, [](Commit& c) { ++c.client_guards[0].version; }},
    {kAborted, [](Commit& c) { ++c.device_guards[0].version; }},
    {kAborted, [](Commit& c) { MakeStale(c.accounts[0]); }},
    {kAborted, [](Commit& c) { MakeStale(c.tokens[0]); }},
    {kAborted, [](Commit& c) { MakeStale(c.clients[1]); }},
    {kAborted, [](Commit& c) { MakeStale(c.devices[0]); }},
    {kAborted, [](Commit& c) { MakeStale(c.devices[2]); }},
    {kAborted, [](Commit& c) { MakeStale(c.budgets[0]); }},
    {kAborted, [](Commit& c) { MakeStale(c.budgets[2]); }},
    {kAborted, [](Commit& c) { c.tokens[1].after->account->value = 5009; }},
    {kAborted, [](Commit& c) { c.devices[1].after->account.value = 5009; }},
    // Still has a device.
    {kAborted,
     [](Commit& c) { c.accounts.push_back({.before = SampleAccount(5002)}); }},
    {kAborted, [](Commit& c) { c.attempt = SampleAttempt(1); }},
    // What is taken.
    {kAlreadyExists,
     [](Commit& c) { c.accounts[1].after->login = SampleAccount(5000).login; }},
    {kAlreadyExists,
     [](Commit& c) {
       c.tokens[1].after->fingerprint = SampleToken(6000).fingerprint;
     }},
    {kAlreadyExists,
     [](Commit& c) { c.clients[0].after->name = SampleClient(7000).name; }},
    {kAlreadyExists, [](Commit& c) { c.devices[1].after->id.value = 8000; }},
    {kAlreadyExists, [](Commit& c) { c.budgets[1].after->id.value = 9000; }},
    // Bugs.
    {kInternal, [](Commit& c) { c.audit.caller.clear(); }},
    {kInternal, [](Commit& c) { c.tokens[0].after->position = 1; }},
    {kInternal, [](Commit& c) { c.tokens.push_back({}); }},
    {kInternal, [](Commit& c) { c.devices[1].after->type.clear(); }},
    {kInternal, [](Commit& c) { c.devices[0].after->account.value = 5001; }},
    {kInternal, [](Commit& c) { c.device_guards[0].version = 0; }},
    {kInternal, [](Commit& c) { c.budgets[1].after->cause = Cause{0}; }},
    {kInternal, [](Commit& c) { c.budgets[0].after->token = std::nullopt; }},
};

TEST_P(StoreConformance, CommitAndAuditAreAtomic) {
  Put(FirstRows());
  const Contents before = ContentsOf();
  for (const Case& c : kCases) {
    Commit commit = GoodCommit();
    c.spoil(commit);
    EXPECT_THAT(store().Commit(commit), StatusIs(c.code)) << &c - kCases;
    EXPECT_EQ(ContentsOf(), before) << &c - kCases;
    EXPECT_THAT(store().GetAttempt(SampleAttempt(2).key), StatusIs(kNotFound));
  }
}

TEST_P(StoreConformance, ACommitWritesRowsOfEveryKind) {
  Put(FirstRows());
  const Contents before = ContentsOf();
  const Commit good = GoodCommit();
  Put(good);
  const Contents after = ContentsOf();
  EXPECT_THAT(after.accounts,
              ElementsAre(*good.accounts[0].after, *good.accounts[1].after,
                          SampleAccount(5002)));
  EXPECT_THAT(after.tokens,
              ElementsAre(*good.tokens[0].after, *good.tokens[1].after));
  EXPECT_THAT(after.clients, ElementsAre(*good.clients[0].after));
  EXPECT_THAT(after.devices,
              ElementsAre(*good.devices[0].after, *good.devices[1].after,
                          SampleDevice(8003, {5002})));
  EXPECT_THAT(after.budgets,
              ElementsAre(*good.budgets[0].after, *good.budgets[1].after));
  EXPECT_EQ(after.audit.size(), before.audit.size() + 1);
  EXPECT_THAT(store().GetAttempt(good.attempt->key),
              IsOkAndHolds(*good.attempt));
}

// An engine may think that a commit of one write leaves nothing when it fails:
// so two of them, of each kind, the second of which fails.
TEST_P(StoreConformance, OfTwoWritesNoneIsLeft) {
  Put(FirstRows());
  const Commit firsts[] = {
      InsertOf(SampleAccount(5001)), InsertOf(SampleToken(6001)),
      InsertOf(SampleClient(7001)), InsertOf(SampleDevice(8001, {5000})),
      InsertOf(SampleBudget(9001))};
  for (const Commit& first : firsts) {
    const Contents before = ContentsOf();
    Commit budget = first;
    budget.budgets.push_back({.after = SampleBudget(9000)});
    EXPECT_THAT(store().Commit(budget), StatusIs(kAlreadyExists));
    Commit device = first;
    device.devices.push_back({.after = SampleDevice(8000, {5000})});
    EXPECT_THAT(store().Commit(device), StatusIs(kAlreadyExists));
    Commit gone = first;
    gone.devices.push_back({.before = SampleDevice(8009, {5000})});
    EXPECT_THAT(store().Commit(gone), StatusIs(kAborted));
    EXPECT_EQ(ContentsOf(), before) << &first - firsts;
    Put(first);
  }
}

// Of a batch: what the failed one wrote is undone for the next one too.
TEST_P(StoreConformance, ACommitThatFailsAtItsEndIsUndoneBeforeTheNext) {
  Put(FirstRows());
  const size_t entries = ContentsOf().audit.size();
  const Commit good = GoodCommit();
  Commit failing = good;
  failing.attempt = SampleAttempt(1);
  const Commit* const batch[] = {&failing, &good, &good};
  EXPECT_THAT(store().Commit(batch),
              ElementsAre(StatusIs(kAborted), IsOk(), StatusIs(kAborted)));
  EXPECT_EQ(ContentsOf().audit.size(), entries + 1);
  EXPECT_THAT(GetBudget({9000}), IsOkAndHolds(*good.budgets[0].after));
}

TEST_P(StoreConformance, FailedPartLeavesNothing) {
  const TokenRecord token = SampleToken(6000);
  Create(token);
  Commit commit = ReplacementOf(token, Moved(token, 2000));
  // The same row again, as it was: the second part fails after the first.
  commit.tokens.push_back(commit.tokens.front());
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(token));
  // Two steps in a row are fine, and the keys of undone rows are free.
  commit.tokens.back() = {.before = Moved(token, 2000),
                          .after = Moved(Moved(token, 2000), 2001)};
  EXPECT_THAT(store().Commit(commit), IsOk());
}

}  // namespace
}  // namespace pawl::db
