// A commit is all or nothing, and only on rows that are still as they were.
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
using ::pawl::testing::RemovalOf;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

constexpr auto kAborted = StatusCode::kAborted;
constexpr auto kAlreadyExists = StatusCode::kAlreadyExists;
constexpr auto kInternal = StatusCode::kInternal;
constexpr auto kNotFound = StatusCode::kNotFound;

AccountRecord Failed(const AccountRecord& account) {
  return Apply(
      account,
      {.throttle = ThrottleState{.failures = account.throttle.failures + 1}},
      kSampleTime);
}

TEST_P(StoreConformance, DuplicateLoginIsAlreadyExists) {
  Create(SampleAccount(5000));
  AccountRecord account = SampleAccount(5001);
  account.login = SampleAccount(5000).login;
  EXPECT_THAT(store().Commit(InsertOf(account)),
              StatusIs(kAlreadyExists, "login is taken"));
  Create(SampleAccount(5001));
  EXPECT_THAT(store().Commit(ReplacementOf(
                  SampleAccount(5001),
                  Apply(SampleAccount(5001), {.login = account.login}, {}))),
              StatusIs(kAlreadyExists, "login is taken"));
}

TEST_P(StoreConformance, DuplicatePublicIdIsAlreadyExists) {
  Create(SampleToken(6000));
  TokenRecord token = SampleToken(6001);
  token.public_id = SampleToken(6000).public_id;
  EXPECT_THAT(store().Commit(InsertOf(token)),
              StatusIs(kAlreadyExists, "public_id is taken"));
}

TEST_P(StoreConformance, DuplicateFingerprintIsAlreadyExists) {
  Create(SampleToken(6000));
  TokenRecord token = SampleToken(6001);
  token.fingerprint = SampleToken(6000).fingerprint;
  EXPECT_THAT(store().Commit(InsertOf(token)),
              StatusIs(kAlreadyExists, "fingerprint is taken"));
}

TEST_P(StoreConformance, DuplicateClientNameIsAlreadyExists) {
  Create(SampleClient(7000));
  ClientRecord client = SampleClient(7001);
  client.name = SampleClient(7000).name;
  EXPECT_THAT(store().Commit(InsertOf(client)),
              StatusIs(kAlreadyExists, "name is taken"));
}

TEST_P(StoreConformance, DuplicateIdIsAlreadyExists) {
  CreateAccountWithToken(5000, 6000);
  Create(SampleClient(7000));
  AccountRecord account = SampleAccount(5001);
  account.id.value = 5000;
  TokenRecord token = SampleToken(6001);
  token.id.value = 6000;
  ClientRecord client = SampleClient(7001);
  client.id.value = 7000;
  EXPECT_THAT(store().Commit(InsertOf(account)),
              StatusIs(kAlreadyExists, "id is taken"));
  EXPECT_THAT(store().Commit(InsertOf(token)),
              StatusIs(kAlreadyExists, "id is taken"));
  EXPECT_THAT(store().Commit(InsertOf(client)),
              StatusIs(kAlreadyExists, "id is taken"));
}

TEST_P(StoreConformance, DeletedTokenIsNotFoundButItsFingerprintIs) {
  const AccountSnapshot snapshot = CreateAccountWithToken(5000, 6000);
  const TokenRecord& token = snapshot.tokens.front();
  const TokenRecord erased = Apply(token, {.erase = true}, kSampleTime).value();
  Put(ReplacementOf(token, erased));
  EXPECT_THAT(store().GetToken(token.id), StatusIs(kNotFound));
  EXPECT_THAT(store().FindToken(token.public_id), StatusIs(kNotFound));
  EXPECT_THAT(store().ListTokens({}).value(), ElementsAre());
  EXPECT_THAT(store().GetAccount(snapshot.account.id).value().tokens,
              ElementsAre());
  EXPECT_THAT(store().FindFingerprint(token.fingerprint), IsOkAndHolds(erased));
}

TEST_P(StoreConformance, RevivedTokenKeepsItsPosition) {
  const TokenRecord token = SampleToken(6000);
  Create(token);
  const TokenRecord erased = Apply(token, {.erase = true}, kSampleTime).value();
  Put(ReplacementOf(token, erased));
  TokenRecord revived = SampleToken(6000);
  revived.version = 3;
  revived.label = "again";
  for (const std::optional<Position> lost :
       {std::optional<Position>(), std::optional(*token.position - 1)}) {
    revived.position = lost;
    EXPECT_THAT(store().Commit(ReplacementOf(erased, revived)),
                StatusIs(kInternal));
  }
  revived.position = token.position;
  Put(ReplacementOf(erased, revived));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(revived));
}

TEST_P(StoreConformance, PositionNeverMovesBack) {
  const TokenRecord token = SampleToken(6000);
  Create(token);
  const TokenRecord moved = Moved(token, *token.position + 10);
  Put(ReplacementOf(token, moved));
  // A caller that claims to have read a lower position at this version.
  TokenRecord claimed = moved;
  claimed.position = 1;
  TokenRecord back = claimed;
  ++back.version;
  for (const std::optional<Position> position :
       {std::optional<Position>(2), std::optional(*moved.position - 1)}) {
    back.position = position;
    EXPECT_THAT(store().Commit(ReplacementOf(claimed, back)),
                StatusIs(kAborted));
  }
  claimed.position = std::nullopt;
  back.position = std::nullopt;
  EXPECT_THAT(store().Commit(ReplacementOf(claimed, back)), StatusIs(kAborted));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(moved));
}

TEST_P(StoreConformance, APositionMayStay) {
  const TokenRecord token = SampleToken(6000);
  Create(token);
  const TokenRecord failed =
      Apply(token, {.throttle = ThrottleState{.failures = 9}}, kSampleTime)
          .value();
  Put(ReplacementOf(token, failed));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(failed));
}

TEST_P(StoreConformance, StaleCommitIsAborted) {
  const auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  const TokenRecord token = tokens.front();
  const ClientRecord client = SampleClient(7000);
  Create(client);
  ClientRecord new_client = client;
  ++new_client.version;
  const Commit commits[] = {ReplacementOf(account, Failed(account)),
                            ReplacementOf(token, Moved(token, 2000)),
                            ReplacementOf(client, new_client)};
  for (const Commit& commit : commits) {
    EXPECT_THAT(store().Commit(commit), IsOk());
    EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  }
  EXPECT_THAT(store().Commit(RemovalOf(account)), StatusIs(kAborted));
  EXPECT_THAT(store().Commit(RemovalOf(client)), StatusIs(kAborted));
  EXPECT_THAT(store().GetAccount(account.id).value().account, Failed(account));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(Moved(token, 2000)));
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(new_client));
}

TEST_P(StoreConformance, CommitOnARowThatIsGoneIsAborted) {
  const AccountRecord account = SampleAccount(5000);
  const ClientRecord client = SampleClient(7000);
  ClientRecord new_client = client;
  ++new_client.version;
  EXPECT_THAT(store().Commit(ReplacementOf(account, Failed(account))),
              StatusIs(kAborted));
  EXPECT_THAT(store().Commit(ReplacementOf(SampleToken(6000),
                                           Moved(SampleToken(6000), 2000))),
              StatusIs(kAborted));
  EXPECT_THAT(store().Commit(ReplacementOf(client, new_client)),
              StatusIs(kAborted));
  EXPECT_THAT(store().Commit(RemovalOf(account)), StatusIs(kAborted));
  EXPECT_THAT(store().Commit(RemovalOf(client)), StatusIs(kAborted));
}

TEST_P(StoreConformance, StaleGuardIsAborted) {
  const auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  const TokenRecord token = tokens.front();
  Commit login = ReplacementOf(token, Moved(token, 2000));
  login.account_guards.push_back({account.id, account.version});
  Commit other = EmptyCommit();
  other.token_guards.push_back({token.id, token.version});
  EXPECT_THAT(store().Commit(other), IsOk());
  // Somebody else changes the account between load and commit.
  Put(ReplacementOf(account, Failed(account)));
  EXPECT_THAT(store().Commit(login), StatusIs(kAborted));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(token));
  login.account_guards.front().version = 2;
  EXPECT_THAT(store().Commit(login), IsOk());
  EXPECT_THAT(store().Commit(other), StatusIs(kAborted));
  Commit missing = EmptyCommit();
  missing.account_guards.push_back({AccountId{5001}, 1});
  EXPECT_THAT(store().Commit(missing), StatusIs(kAborted));
}

TEST_P(StoreConformance, TokenOfAMissingAccountIsAborted) {
  EXPECT_THAT(store().Commit(InsertOf(SampleToken(6000, {5000}))),
              StatusIs(kAborted));
  const TokenRecord token = SampleToken(6000);
  Create(token);
  TokenChange change;
  change.account = AccountId{5000};
  EXPECT_THAT(store().Commit(ReplacementOf(
                  token, Apply(token, change, kSampleTime).value())),
              StatusIs(kAborted));
}

TEST_P(StoreConformance, AccountGoesWhenItsTokensAreTakenOff) {
  const auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  EXPECT_THAT(store().Commit(RemovalOf(account)), StatusIs(kAborted));
  TokenChange change;
  change.account.emplace(std::nullopt);
  const TokenRecord free = Apply(tokens.front(), change, kSampleTime).value();
  Commit commit = ReplacementOf(tokens.front(), free);
  commit.accounts.push_back({.before = account});
  EXPECT_THAT(store().Commit(commit), IsOk());
  EXPECT_THAT(store().GetAccount(account.id), StatusIs(kNotFound));
  EXPECT_THAT(store().GetToken(free.id), IsOkAndHolds(free));
}

TEST_P(StoreConformance, AccountAndItsFirstTokenComeInOneCommit) {
  Commit commit = InsertOf(SampleToken(6000, {5000}));
  commit.accounts.push_back({.after = SampleAccount(5000)});
  EXPECT_THAT(store().Commit(commit), IsOk());
}

TEST_P(StoreConformance, StrangersExistAndAreHidden) {
  for (uint64_t id = 1; id <= Store::kStrangers; ++id) {
    const AccountRecord stranger{.id = {id}};
    ASSERT_THAT(store().GetAccount({id}),
                IsOkAndHolds(AccountSnapshot{.account = stranger}));
  }
  EXPECT_THAT(store().GetAccount({Store::kStrangers + 1}), StatusIs(kNotFound));
  EXPECT_THAT(store().FindAccount(""), StatusIs(kNotFound));
  Create(SampleAccount(5000));
  EXPECT_THAT(store().ListAccounts({}),
              IsOkAndHolds(ElementsAre(SampleAccount(5000))));
}

TEST_P(StoreConformance, StrangersCountFailuresLikeAccounts) {
  const AccountRecord stranger{.id = {7}};
  Put(ReplacementOf(stranger, Failed(stranger)));
  EXPECT_THAT(store().GetAccount(stranger.id),
              IsOkAndHolds(Field(&AccountSnapshot::account, Failed(stranger))));
  EXPECT_THAT(store().Commit(ReplacementOf(stranger, Failed(stranger))),
              StatusIs(kAborted));
}

TEST_P(StoreConformance, RulesOfCommitsAreChecked) {
  const auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  const TokenRecord token = tokens.front();
  const AccountRecord stranger{.id = {7}};
  AccountRecord named = Failed(stranger);
  named.login = "somebody";
  AccountRecord nameless = SampleAccount(5001);
  nameless.login.clear();
  AccountRecord later = SampleAccount(5001);
  later.version = 2;
  TokenRecord no_secret = SampleToken(6001);
  no_secret.sealed_secret.clear();
  TokenRecord other_kind = Moved(token, 2000);
  other_kind.kind = TokenKind::kHotp;
  TokenRecord too_far = SampleToken(6001);
  too_far.position = kMaxPosition + 1;
  Commit bad_guard = EmptyCommit();
  bad_guard.account_guards.push_back({account.id, 0});
  Commit bad_attempt = EmptyCommit();
  bad_attempt.attempt = SampleAttempt(1);
  bad_attempt.attempt->key = "short";
  const Commit commits[] = {
      RemovalOf(token),
      RemovalOf(stranger),
      InsertOf(nameless),
      InsertOf(later),
      InsertOf(no_secret),
      InsertOf(too_far),
      InsertOf(SampleAccount(0)),
      InsertOf(SampleClient(kMaxPosition + 1)),
      bad_guard,
      bad_attempt,
      ReplacementOf(stranger, named),
      ReplacementOf(token, token),
      ReplacementOf(token, other_kind),
      ReplacementOf(SampleToken(6001), Moved(token, 2000)),
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
