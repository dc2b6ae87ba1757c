// What is written comes back: lookups, lists, re-opening.
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
using ::pawl::testing::RemovalOf;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr auto kNotFound = StatusCode::kNotFound;

template <typename Record>
std::vector<uint64_t> IdsOf(const StatusOr<std::vector<Record>>& records) {
  std::vector<uint64_t> ids;
  for (const Record& record : records.value()) {
    ids.push_back(record.id.value);
  }
  return ids;
}

TEST_P(StoreConformance, UnknownIsNotFound) {
  EXPECT_THAT(store().FindAccount("nobody"), StatusIs(kNotFound));
  EXPECT_THAT(store().GetAccount({5000}), StatusIs(kNotFound));
  EXPECT_THAT(store().GetToken({6000}), StatusIs(kNotFound));
  EXPECT_THAT(store().FindToken("ubnu"), StatusIs(kNotFound));
  EXPECT_THAT(store().FindFingerprint("x"), StatusIs(kNotFound));
  EXPECT_THAT(store().GetClient({7000}), StatusIs(kNotFound));
  EXPECT_THAT(store().GetAttempt("x"), StatusIs(kNotFound));
  EXPECT_THAT(store().GetServerSecret("pepper"), StatusIs(kNotFound));
}

TEST_P(StoreConformance, EmptyAndImpossibleKeysAreNotFound) {
  TokenRecord token = SampleToken(6000);
  token.public_id.clear();
  Create(token);
  EXPECT_THAT(store().FindAccount(""), StatusIs(kNotFound));
  EXPECT_THAT(store().FindToken(""), StatusIs(kNotFound));
  EXPECT_THAT(store().FindFingerprint(""), StatusIs(kNotFound));
  EXPECT_THAT(store().GetAttempt(""), StatusIs(kNotFound));
  EXPECT_THAT(store().GetServerSecret(""), StatusIs(kNotFound));
  for (const uint64_t id : {uint64_t{0}, kMaxPosition + 1, ~uint64_t{0}}) {
    EXPECT_THAT(store().GetAccount({id}), StatusIs(kNotFound)) << id;
    EXPECT_THAT(store().GetToken({id}), StatusIs(kNotFound)) << id;
    EXPECT_THAT(store().GetClient({id}), StatusIs(kNotFound)) << id;
  }
}

TEST_P(StoreConformance, SnapshotHoldsOnlyTheAccountsOwnTokensInOrder) {
  const AccountRecord account = SampleAccount(5000);
  const AccountRecord other = SampleAccount(5001);
  Create(account);
  Create(other);
  Create(SampleToken(6003, account.id));
  Create(SampleToken(6001, account.id));
  Create(SampleToken(6002, other.id));
  Create(SampleToken(6000));
  EXPECT_THAT(store().FindAccount(account.login).value().tokens,
              ElementsAre(SampleToken(6001, account.id),
                          SampleToken(6003, account.id)));
}

TEST_P(StoreConformance, RenamedAccountIsFoundByItsNewLoginOnly) {
  const AccountRecord before = SampleAccount(5000);
  Create(before);
  const AccountRecord after =
      Apply(before, {.login = "new@example.org"}, kSampleTime);
  Put(ReplacementOf(before, after));
  EXPECT_THAT(store().FindAccount(before.login), StatusIs(kNotFound));
  EXPECT_THAT(store().FindAccount(after.login),
              IsOkAndHolds(Field(&AccountSnapshot::account, after)));
  AccountRecord heir = SampleAccount(5001);
  heir.login = before.login;
  Create(heir);
}

TEST_P(StoreConformance, RemovedRowsAreGone) {
  const AccountRecord account = SampleAccount(5000);
  const ClientRecord client = SampleClient(7000);
  Create(account);
  Create(client);
  Put(RemovalOf(account));
  Put(RemovalOf(client));
  EXPECT_THAT(store().FindAccount(account.login), StatusIs(kNotFound));
  EXPECT_THAT(store().GetAccount(account.id), StatusIs(kNotFound));
  EXPECT_THAT(store().GetClient(client.id), StatusIs(kNotFound));
  Create(account);  // its id and login are free again
}

TEST_P(StoreConformance, SurvivesReopen) {
  const AccountSnapshot snapshot = CreateAccountWithToken(5000, 6000);
  Create(SampleClient(7000));
  Commit commit = EmptyCommit();
  commit.attempt = SampleAttempt(8000);
  Put(commit);
  ASSERT_THAT(store().PutServerSecret("pepper", "sealed"), IsOk());
  const Contents before = ContentsOf();
  harness().Reopen();
  EXPECT_EQ(ContentsOf(), before);
  EXPECT_THAT(store().GetAccount({5000}), IsOkAndHolds(snapshot));
  EXPECT_THAT(store().GetAttempt(commit.attempt->key), IsOk());
  EXPECT_THAT(store().GetServerSecret("pepper"), IsOkAndHolds(Eq("sealed")));
  Create(SampleAccount(5001));
  EXPECT_EQ(ContentsOf().audit.front().sequence, 5);
}

TEST_P(StoreConformance, SecondConnectionSeesCommitsAtOnce) {
  const std::unique_ptr<Store> second = harness().SecondConnection();
  TokenRecord token = SampleToken(6000);
  ASSERT_THAT(store().Commit(InsertOf(token)), IsOk());
  for (int i = 0; i < 20; ++i) {
    Store& writer = i % 2 == 0 ? *second : store();
    Store& reader = i % 2 == 0 ? store() : *second;
    const TokenRecord next =
        Apply(token, {.advance_to = *token.position + 1}, kSampleTime).value();
    ASSERT_THAT(writer.Commit(ReplacementOf(token, next)), IsOk());
    ASSERT_THAT(reader.GetToken(token.id), IsOkAndHolds(next));
    token = next;
  }
}

TEST_P(StoreConformance, ListsAreStableUnderInserts) {
  for (const uint64_t id : {5002U, 5004U, 5006U}) {
    Create(SampleAccount(id));
    Create(SampleToken(id));
    Create(SampleClient(id));
  }
  const Page first{.limit = 2};
  EXPECT_THAT(IdsOf(store().ListAccounts(first)), ElementsAre(5002, 5004));
  EXPECT_THAT(IdsOf(store().ListTokens(first)), ElementsAre(5002, 5004));
  EXPECT_THAT(IdsOf(store().ListClients(first)), ElementsAre(5002, 5004));
  for (const uint64_t id : {5001U, 5003U, 5005U, 5007U}) {
    Create(SampleAccount(id));
    Create(SampleToken(id));
    Create(SampleClient(id));
  }
  EXPECT_THAT(IdsOf(store().ListAccounts(
                  {.after = SampleAccount(5004).login, .limit = 2})),
              ElementsAre(5005, 5006));
  EXPECT_THAT(
      IdsOf(store().ListTokens({.after = ToString(TokenId{5004}), .limit = 2})),
      ElementsAre(5005, 5006));
  EXPECT_THAT(IdsOf(store().ListClients(
                  {.after = ToString(ClientId{5004}), .limit = 9})),
              ElementsAre(5005, 5006, 5007));
}

TEST_P(StoreConformance, PagesHaveABoundedNumberOfRows) {
  Commit commit = EmptyCommit();
  for (uint64_t id = 5000; id < 5000 + Store::kMaxPage + 1; ++id) {
    commit.tokens.push_back({.after = SampleToken(id)});
  }
  Put(commit);
  EXPECT_EQ(store().ListTokens({.limit = 0}).value().size(), 1U);
  EXPECT_EQ(store().ListTokens({.limit = ~size_t{0}}).value().size(),
            Store::kMaxPage);
  EXPECT_THAT(store().ListTokens({.after = ToString(TokenId{kMaxPosition})}),
              IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreConformance, APageAfterNoIdIsRefused) {
  for (const char* after : {"tok_", "5000", "cli_0000000000001", "x"}) {
    EXPECT_THAT(store().ListTokens({.after = after}),
                StatusIs(StatusCode::kInvalidArgument))
        << after;
  }
  EXPECT_THAT(store().ListClients({.after = "tok_0000000000001"}),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_P(StoreConformance, AuditListsNewestFirstWithFilters) {
  struct Case {
    AuditFilter filter;
    std::vector<int64_t> sequences;
  };
  const AccountId account{5000};
  const TokenId token{6000};
  for (const auto& [about_account, about_token] : {std::pair(true, false),
                                                   {false, true},
                                                   {true, true},
                                                   {false, false},
                                                   {true, true}}) {
    Commit commit = EmptyCommit();
    commit.audit.account = about_account ? account : AccountId{5001};
    if (about_token) {
      commit.audit.token = token;
    }
    Put(commit);
  }
  const Case cases[] = {
      {{}, {5, 4, 3, 2, 1}},
      {{.limit = 2}, {5, 4}},
      {{.before_sequence = 4, .limit = 2}, {3, 2}},
      {{.before_sequence = 1}, {}},
      {{.account = account}, {5, 3, 1}},
      {{.account = account, .before_sequence = 5, .limit = 1}, {3}},
      {{.token = token}, {5, 3, 2}},
      {{.account = account, .token = token}, {5, 3}},
      {{.account = AccountId{5001}, .token = token}, {2}},
      {{.account = AccountId{5002}}, {}},
  };
  for (const Case& c : cases) {
    std::vector<int64_t> sequences;
    const std::vector<AuditEntry> page = store().ListAudit(c.filter).value();
    for (const AuditEntry& entry : page) {
      sequences.push_back(entry.sequence);
    }
    EXPECT_EQ(sequences, c.sequences) << &c - cases;
  }
}

TEST_P(StoreConformance, ServerSecretIsWrittenOnce) {
  ASSERT_THAT(store().PutServerSecret("pepper", "one"), IsOk());
  ASSERT_THAT(store().PutServerSecret("salt", "two"), IsOk());
  const std::unique_ptr<Store> second = harness().SecondConnection();
  EXPECT_THAT(second->PutServerSecret("pepper", "three"),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(store().GetServerSecret("pepper"), IsOkAndHolds(Eq("one")));
  EXPECT_THAT(store().GetServerSecret("salt"), IsOkAndHolds(Eq("two")));
  EXPECT_THAT(store().PutServerSecret("", "x"),
              StatusIs(StatusCode::kInternal));
  EXPECT_THAT(store().PutServerSecret("x", ""),
              StatusIs(StatusCode::kInternal));
}

}  // namespace
}  // namespace pawl::db
