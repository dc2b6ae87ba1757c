// What is written comes back: lookups, lists, re-opening.
#include <limits>

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
using ::pawl::testing::SampleAudit;
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

TEST_P(StoreConformance, CreateThenLoad) {
  const AccountRecord account = SampleAccount(5000);
  const TokenRecord token = SampleToken(6000, account.id);
  const ClientRecord client = SampleClient(7000);
  const AttemptRecord attempt = SampleAttempt(8000);
  Commit commit{.accounts = {{.after = account}},
                .tokens = {{.after = token}},
                .clients = {{.after = client}},
                .attempt = attempt,
                .audit = SampleAudit()};
  Put(commit);

  const AccountSnapshot snapshot{.account = account, .tokens = {token}};
  EXPECT_THAT(store().FindAccount(account.login), IsOkAndHolds(snapshot));
  EXPECT_THAT(store().GetAccount(account.id), IsOkAndHolds(snapshot));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(token));
  EXPECT_THAT(store().FindToken(token.public_id), IsOkAndHolds(token));
  EXPECT_THAT(store().FindFingerprint(token.fingerprint), IsOkAndHolds(token));
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(client));
  EXPECT_THAT(store().GetAttempt(attempt.key), IsOkAndHolds(attempt));
  AuditEntry entry = SampleAudit();
  entry.sequence = 1;
  EXPECT_THAT(store().ListAudit({}), IsOkAndHolds(ElementsAre(entry)));
}

TEST_P(StoreConformance, AbsentFieldsStayAbsent) {
  AccountRecord account = SampleAccount(5000);
  account.pin_mac.clear();
  TokenRecord token = SampleToken(6000);
  token.public_id.clear();
  token.label.clear();
  token.position = std::nullopt;
  token.last_used = std::nullopt;
  TokenRecord other = token;
  other.id.value = 6001;
  other.fingerprint = SampleToken(6001).fingerprint;
  Create(account);
  Create(token);
  Create(other);  // an empty public id is not unique
  Commit commit = EmptyCommit();
  commit.attempt = SampleAttempt(8000);
  commit.attempt->account = std::nullopt;
  commit.attempt->token = std::nullopt;
  commit.attempt->hints = 0;
  Put(commit);

  EXPECT_THAT(store().FindAccount(account.login),
              IsOkAndHolds(Field(&AccountSnapshot::account, account)));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(token));
  EXPECT_THAT(store().GetToken(other.id), IsOkAndHolds(other));
  EXPECT_THAT(store().GetAttempt(commit.attempt->key),
              IsOkAndHolds(*commit.attempt));
  AuditEntry entry{.sequence = 4, .caller = "local"};
  EXPECT_THAT(store().ListAudit({.limit = 1}),
              IsOkAndHolds(ElementsAre(entry)));
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

TEST_P(StoreConformance, ReplacedRowsComeBackChangedInEveryField) {
  const auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  const TokenRecord& token = tokens.front();
  const ClientRecord client = SampleClient(7000);
  Create(client);
  AccountRecord new_account = SampleAccount(5001);
  new_account.id = account.id;
  new_account.version = 2;
  new_account.enabled = false;
  TokenRecord new_token = SampleToken(6001);
  new_token.id = token.id;
  new_token.fingerprint = token.fingerprint;
  new_token.version = 2;
  new_token.enabled = false;
  new_token.position = *token.position + 5;
  ClientRecord new_client = SampleClient(7001);
  new_client.id = client.id;
  new_client.version = 2;
  new_client.see_reasons = !client.see_reasons;
  new_client.see_reasons = false;
  Commit commit = ReplacementOf(token, new_token);
  commit.accounts.push_back({.before = account, .after = new_account});
  commit.clients.push_back({.before = client, .after = new_client});
  Put(commit);
  EXPECT_THAT(store().GetAccount(account.id).value().account, new_account);
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(new_token));
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(new_client));
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

TEST_P(StoreConformance, LargeAndBinaryIdsAndTexts) {
  using std::string_literals::operator""s;
  const std::string binary = "\0a\xff\0ä€𝄞'\"\\\n"s;
  const std::string label = [&] {
    std::string text;
    while (text.size() < 4096) {
      text += binary;
    }
    return text;
  }();
  AccountRecord account = SampleAccount(kMaxPosition);
  account.login = binary;
  TokenRecord token = SampleToken(kMaxPosition, account.id);
  token.public_id = binary;
  token.label = label;
  token.sealed_secret = label;
  token.position = kMaxPosition;
  token.digits = 8;
  token.period = 86400;
  token.t0 = std::numeric_limits<int64_t>::min();
  token.drift = std::numeric_limits<int64_t>::min();
  token.window = std::numeric_limits<uint32_t>::max();
  token.throttle.failures = std::numeric_limits<uint32_t>::max();
  ClientRecord client = SampleClient(kMaxPosition);
  client.name = binary;
  Commit commit{.accounts = {{.after = account}},
                .tokens = {{.after = token}},
                .clients = {{.after = client}},
                .attempt = SampleAttempt(1),
                .audit = SampleAudit()};
  commit.attempt->key = "\0\0ab\0\xff\xfe 0123456"s + '\0';
  commit.attempt->account = account.id;
  commit.audit.caller = binary;
  commit.audit.service = label;
  commit.audit.token = token.id;
  commit.audit.position = kMaxPosition;
  ASSERT_EQ(commit.attempt->key.size(), 16U);
  Put(commit);
  harness().Reopen();

  EXPECT_THAT(store().FindAccount(binary).value().account, account);
  EXPECT_THAT(store().FindToken(binary), IsOkAndHolds(token));
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(client));
  EXPECT_THAT(store().GetAttempt(commit.attempt->key),
              IsOkAndHolds(*commit.attempt));
  // A prefix up to the first NUL is another key.
  EXPECT_THAT(store().FindAccount(binary.substr(0, 1)), StatusIs(kNotFound));
  commit.audit.sequence = 1;
  EXPECT_THAT(store().ListAudit({.token = token.id}),
              IsOkAndHolds(ElementsAre(commit.audit)));
}

TEST_P(StoreConformance, TimesRoundTripToTheMillisecond) {
  const int64_t times[] = {0,
                           1,
                           -1,
                           1'700'000'000'123,
                           std::numeric_limits<int64_t>::max(),
                           std::numeric_limits<int64_t>::min()};
  uint64_t id = 5000;
  for (const int64_t time : times) {
    AccountRecord account = SampleAccount(++id);
    account.created = FromUnixMillis(time);
    account.throttle.last_failure = FromUnixMillis(time);
    Create(account);
    EXPECT_THAT(store().GetAccount(account.id).value().account, account)
        << time;
  }
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
