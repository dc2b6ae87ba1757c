// Many keys in one read, many commits in one durable write: each for itself.
#include <gmock/gmock.h>

#include "tests/conformance/store_conformance.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::EmptyCommit;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::Moved;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kAborted = StatusCode::kAborted;
constexpr auto kAlreadyExists = StatusCode::kAlreadyExists;
constexpr auto kInternal = StatusCode::kInternal;
constexpr auto kNotFound = StatusCode::kNotFound;

std::vector<Status> CommitAll(Store& store, const std::vector<Commit>& all) {
  std::vector<const Commit*> commits;
  for (const Commit& commit : all) {
    commits.push_back(&commit);
  }
  return store.Commit(commits);
}

TEST_P(StoreConformance, ReadPutsEachRowAtThePlaceOfItsKey) {
  const AccountSnapshot one = CreateAccountWithToken(5000, 6000);
  const AccountSnapshot two = CreateAccountWithToken(5001, 6001);
  const ClientRecord client = SampleClient(7000);
  Create(client);
  const Rows rows =
      store()
          .Read({.logins = {two.account.login, "nobody", one.account.login,
                            two.account.login, ""},
                 .accounts = {one.account.id, AccountId{7}, AccountId{0}},
                 .public_ids = {two.tokens[0].public_id, "cccc", ""},
                 .fingerprints = {"none", one.tokens[0].fingerprint},
                 .tokens = {TokenId{1}, two.tokens[0].id},
                 .clients = {client.id, ClientId{8}},
                 .attempts = {std::string(16, 'x')}})
          .value();
  EXPECT_THAT(rows.logins, ElementsAre(IsOkAndHolds(two), StatusIs(kNotFound),
                                       IsOkAndHolds(one), IsOkAndHolds(two),
                                       StatusIs(kNotFound)));
  EXPECT_THAT(rows.accounts, ElementsAre(IsOkAndHolds(one), IsOk(),  // stranger
                                         StatusIs(kNotFound)));
  EXPECT_THAT(rows.public_ids,
              ElementsAre(IsOkAndHolds(two.tokens[0]), StatusIs(kNotFound),
                          StatusIs(kNotFound)));
  EXPECT_THAT(rows.fingerprints,
              ElementsAre(StatusIs(kNotFound), IsOkAndHolds(one.tokens[0])));
  EXPECT_THAT(rows.tokens,
              ElementsAre(StatusIs(kNotFound), IsOkAndHolds(two.tokens[0])));
  EXPECT_THAT(rows.clients,
              ElementsAre(IsOkAndHolds(client), StatusIs(kNotFound)));
  EXPECT_THAT(rows.attempts, ElementsAre(StatusIs(kNotFound)));
}

TEST_P(StoreConformance, ReadOfNothingIsNothing) {
  const Rows rows = store().Read({}).value();
  EXPECT_THAT(rows.logins, SizeIs(0));
  EXPECT_THAT(rows.attempts, SizeIs(0));
  EXPECT_THAT(store().Commit(std::span<const Commit* const>()), SizeIs(0));
}

TEST_P(StoreConformance, BatchCommitsEachForItself) {
  const AccountSnapshot first = CreateAccountWithToken(5000, 6000);
  const AccountSnapshot second = CreateAccountWithToken(5001, 6001);
  const TokenRecord token = first.tokens[0];
  const size_t entries = ContentsOf().audit.size();
  TokenRecord stale = Moved(token, 1900);
  stale.version = 17;
  Commit bad = ReplacementOf(token, stale);
  Commit with_guard =
      ReplacementOf(second.tokens[0], Moved(second.tokens[0], 1901));
  with_guard.account_guards = {{second.account.id, 99}};
  const std::vector<Status> results =
      CommitAll(store(), {ReplacementOf(token, Moved(token, 2000)), bad,
                          InsertOf(SampleAccount(5000)), with_guard,
                          InsertOf(SampleAccount(5002))});
  EXPECT_THAT(results,
              ElementsAre(IsOk(), StatusIs(kInternal), StatusIs(kAlreadyExists),
                          StatusIs(kAborted), IsOk()));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(Moved(token, 2000)));
  EXPECT_THAT(store().GetToken(second.tokens[0].id),
              IsOkAndHolds(second.tokens[0]));
  EXPECT_THAT(store().GetAccount(AccountId{5002}), IsOk());
  EXPECT_THAT(ContentsOf().audit, SizeIs(entries + 2));
}

TEST_P(StoreConformance, BatchIsInOrder) {
  const TokenRecord token = CreateAccountWithToken(5000, 6000).tokens[0];
  const TokenRecord once = Moved(token, 2000);
  const TokenRecord twice = Moved(once, 2001);
  const TokenRecord again = Moved(token, 2002);  // does not know of the first
  EXPECT_THAT(CommitAll(store(), {ReplacementOf(token, once),
                                  ReplacementOf(token, again),
                                  ReplacementOf(once, twice)}),
              ElementsAre(IsOk(), StatusIs(kAborted), IsOk()));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(twice));
}

TEST_P(StoreConformance, BatchGuardMeetsWhatTheBatchWrote) {
  const AccountSnapshot snapshot = CreateAccountWithToken(5000, 6000);
  const AccountRecord changed =
      Apply(snapshot.account, {.enabled = false}, kSampleTime);
  Commit check =
      ReplacementOf(snapshot.tokens[0], Moved(snapshot.tokens[0], 2000));
  check.account_guards = {{snapshot.account.id, snapshot.account.version}};
  EXPECT_THAT(
      CommitAll(store(), {ReplacementOf(snapshot.account, changed), check}),
      ElementsAre(IsOk(), StatusIs(kAborted)));
  EXPECT_THAT(store().GetToken(snapshot.tokens[0].id),
              IsOkAndHolds(snapshot.tokens[0]));
}

TEST_P(StoreConformance, BatchUndoesTheFirstWriteOfACommitThatFailsLater) {
  const AccountSnapshot first = CreateAccountWithToken(5000, 6000);
  const AccountSnapshot second = CreateAccountWithToken(5001, 6001);
  const AccountRecord failed = Apply(
      first.account, {.throttle = ThrottleState{.failures = 3}}, kSampleTime);
  Commit half = ReplacementOf(first.account, failed);
  half.tokens = ReplacementOf(Moved(first.tokens[0], 2500),
                              Moved(Moved(first.tokens[0], 2500), 2501))
                    .tokens;
  half.attempt = SampleAttempt(1);
  EXPECT_THAT(
      CommitAll(store(), {half, ReplacementOf(second.tokens[0],
                                              Moved(second.tokens[0], 2000))}),
      ElementsAre(StatusIs(kAborted), IsOk()));
  EXPECT_THAT(store().GetAccount(first.account.id), IsOkAndHolds(first));
  EXPECT_THAT(store().GetAttempt(half.attempt->key), StatusIs(kNotFound));
}

TEST_P(StoreConformance, BatchKeepsOneOfTwoAttemptsOfTheSameKey) {
  Commit one = EmptyCommit();
  one.attempt = SampleAttempt(2);
  Commit other = EmptyCommit();
  other.attempt = SampleAttempt(2);
  other.attempt->reason = Reason::kReplayed;
  EXPECT_THAT(CommitAll(store(), {one, other}),
              ElementsAre(IsOk(), StatusIs(kAborted)));
  EXPECT_THAT(store().GetAttempt(one.attempt->key), IsOkAndHolds(*one.attempt));
}

TEST_P(StoreConformance, ClientGuardHolds) {
  const ClientRecord client = SampleClient(7000);
  Create(client);
  Commit commit = EmptyCommit();
  commit.client_guards = {{client.id, client.version}};
  EXPECT_THAT(store().Commit(commit), IsOk());
  commit.client_guards = {{client.id, client.version + 1}};
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  commit.client_guards = {{ClientId{7001}, 1}};
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  commit.client_guards = {{client.id, 0}};
  EXPECT_THAT(store().Commit(commit), StatusIs(kInternal));
}

TEST_P(StoreConformance, LargeBatchGivesEachEntryItsSequence) {
  constexpr size_t kMany = 300;
  std::vector<Commit> commits;
  for (size_t i = 0; i < kMany; ++i) {
    commits.push_back(InsertOf(SampleToken(6000 + i)));
  }
  const size_t entries = ContentsOf().audit.size();
  for (const Status& status : CommitAll(store(), commits)) {
    ASSERT_THAT(status, IsOk());
  }
  const std::vector<AuditEntry> audit = ContentsOf().audit;
  ASSERT_THAT(audit, SizeIs(entries + kMany));
  for (size_t i = 1; i < audit.size(); ++i) {
    EXPECT_GT(audit[i - 1].sequence, audit[i].sequence);
  }
}

}  // namespace
}  // namespace pawl::db
