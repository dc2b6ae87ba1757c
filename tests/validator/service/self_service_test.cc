#include "validator/service/self_service.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountPolicy;
using db::Reason;
using db::TokenId;
using testing::IsOk;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

constexpr std::string_view kSecondSeed = "another seed of 20 b";

// What came of a credential, where one was needed.
Reason ReasonOf(const StatusOr<Proved>& proved) {
  return proved.value().value().reason;
}

class SelfServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kim_ = service_.AddAccount("kim", "1234");
    token_ = service_.AddToken(key_.Spec(), kim_);
    lee_ = service_.AddAccount("lee", "");
  }

  SelfService& self() { return service_.self_service; }
  static CallContext Page() { return {.who = TestService::AnyRole("page")}; }
  // PIN and a fresh code of kim's.
  std::string Fresh() { return "1234" + key_.Press(); }
  db::AccountSnapshot Account(AccountId id) {
    return *service_.accounts.Get(id);
  }
  StatusOr<AddedToken> Add(std::string_view account,
                           const std::string& credential = "",
                           std::string_view seed = testing::kSeed) {
    return self().AddToken(account, credential, TestService::HotpSpec(6, seed),
                           Page());
  }
  TokenId Added(std::string_view account, const std::string& credential = "",
                std::string_view seed = testing::kSeed) {
    return Add(account, credential, seed)->token->token.id;
  }
  Reason Confirm(std::string_view account, TokenId token,
                 const std::string& code) {
    return ReasonOf(self().ConfirmToken(account, token, code, Page()));
  }

  db::MemoryStore memory_;
  testing::FaultyStore store_{memory_};
  TestService service_{&store_, {}};
  TestYubiKey key_;
  AccountId kim_;
  AccountId lee_;
  TokenId token_;
};

TEST_F(SelfServiceTest, TheAccountIsNamedByLoginOrId) {
  EXPECT_EQ(self().Get("KIM")->account.id, kim_);
  EXPECT_EQ(self().Get(db::ToString(kim_))->tokens.size(), 1U);
  EXPECT_THAT(self().Get("nobody"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(self().Get(db::ToString(AccountId{7})),
              StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(FieldOf(self().Get("").status()), "account");
}

TEST_F(SelfServiceTest, ThePinChangesBehindAFreshCode) {
  EXPECT_EQ(ReasonOf(self().ChangePin("kim", Fresh(), "4321", Page())),
            Reason::kGoodCode);
  EXPECT_EQ(service_.LoginReason("kim", "4321" + key_.Press()),
            Reason::kGoodCode);
  EXPECT_EQ(
      ReasonOf(self().ChangePin("kim", "4321" + key_.Press(), "", Page())),
      Reason::kGoodCode);
  EXPECT_EQ(service_.LoginReason("kim", key_.Press()), Reason::kGoodCode);
  EXPECT_EQ(store_.ListAudit({.account = kim_, .limit = 2})->back().caller,
            "page");
}

TEST_F(SelfServiceTest, ARefusedCredentialChangesNothing) {
  const std::string used = Fresh();
  ASSERT_EQ(service_.LoginReason("kim", used), Reason::kGoodCode);
  const db::AccountSnapshot before = Account(kim_);
  EXPECT_EQ(ReasonOf(self().ChangePin("kim", used, "4321", Page())),
            Reason::kReplayed);
  EXPECT_EQ(ReasonOf(self().ChangePolicy("kim", used, AccountPolicy::kPassword,
                                         Page())),
            Reason::kReplayed);
  const auto codes = self().MakeRecoveryCodes("kim", used, Page());
  EXPECT_EQ(codes->proved->reason, Reason::kReplayed);
  EXPECT_TRUE(codes->codes.empty());
  const auto added = Add("kim", used);
  EXPECT_EQ(added->proved->reason, Reason::kReplayed);
  EXPECT_FALSE(added->token.has_value());
  EXPECT_EQ(Account(kim_), before);
}

TEST_F(SelfServiceTest, ACodeIsNotSpentOnAnImpossibleWish) {
  const std::string credential = Fresh();
  EXPECT_EQ(FieldOf(self().ChangePin("kim", credential, "1", Page()).status()),
            "new_pin");
  EXPECT_EQ(FieldOf(Add("kim", credential, "short").status()), "secret");
  EXPECT_EQ(ReasonOf(self().ChangePin("kim", credential, "4321", Page())),
            Reason::kGoodCode);
}

TEST_F(SelfServiceTest, WithoutATokenThereIsNothingToShow) {
  const auto lacks = StatusIs(StatusCode::kFailedPrecondition);
  const TokenId waiting = Added("lee");  // not confirmed
  EXPECT_THAT(self().ChangePin("lee", "123456", "4321", Page()), lacks);
  EXPECT_THAT(
      self().ChangePolicy("lee", "123456", AccountPolicy::kOtpOnly, Page()),
      lacks);
  EXPECT_THAT(self().MakeRecoveryCodes("lee", "123456", Page()), lacks);
  EXPECT_EQ(Account(lee_).account.throttle.failures, 0U);
  EXPECT_THAT(self().RemoveToken("lee", waiting, "", Page()), IsOk());
}

TEST_F(SelfServiceTest, ARecoveryCodeStandsInForALostToken) {
  const auto codes = *service_.recovery.MakeCodes(kim_, "test");
  ASSERT_THAT(service_.tokens.Delete(token_, "test"), IsOk());
  EXPECT_EQ(ReasonOf(self().ChangePolicy("kim", "1234" + codes[0],
                                         AccountPolicy::kPassword, Page())),
            Reason::kGoodRecoveryCode);
  EXPECT_EQ(ReasonOf(self().ChangePin("kim", "1234" + codes[0], "", Page())),
            Reason::kReplayed);
}

TEST_F(SelfServiceTest, ThePolicyChangesBehindAFreshCodeInBothDirections) {
  for (const AccountPolicy policy :
       {AccountPolicy::kPassword, AccountPolicy::kOtpOnly}) {
    EXPECT_EQ(ReasonOf(self().ChangePolicy("kim", "1234", policy, Page())),
              Reason::kMalformed);
    EXPECT_EQ(ReasonOf(self().ChangePolicy("kim", Fresh(), policy, Page())),
              Reason::kGoodCode);
    EXPECT_EQ(Account(kim_).account.policy, policy);
  }
}

TEST_F(SelfServiceTest, ANewTokenIsOfNoUseUntilItsFirstCode) {
  const TokenId token = Added("lee");
  EXPECT_FALSE(service_.tokens.Get(token)->confirmed);
  EXPECT_EQ(service_.LoginReason("lee", TestService::Hotp(0)),
            Reason::kTokenDisabled);
  EXPECT_EQ(Confirm("lee", token, "000000"), Reason::kWrongCode);
  EXPECT_FALSE(service_.tokens.Get(token)->confirmed);
  EXPECT_EQ(Confirm("lee", token, TestService::Hotp(0)), Reason::kGoodCode);
  EXPECT_TRUE(service_.tokens.Get(token)->confirmed);
  EXPECT_EQ(service_.LoginReason("lee", TestService::Hotp(0)),
            Reason::kReplayed);
  EXPECT_EQ(service_.LoginReason("lee", TestService::Hotp(1)),
            Reason::kGoodCode);
}

TEST_F(SelfServiceTest, OnlyTheOwnerConfirms) {
  const TokenId token = Added("lee");
  EXPECT_EQ(Confirm("kim", token, TestService::Hotp(0)), Reason::kUnknownToken);
  EXPECT_FALSE(service_.tokens.Get(token)->confirmed);
}

TEST_F(SelfServiceTest, ATokenBesideAConfirmedOneNeedsACredential) {
  const auto refused = Add("kim");
  EXPECT_EQ(refused->proved->reason, Reason::kMalformed);
  EXPECT_FALSE(refused->token.has_value());
  const auto added = Add("kim", Fresh());
  EXPECT_EQ(added->proved->reason, Reason::kGoodCode);
  EXPECT_EQ(added->token->token.account, kim_);
}

TEST_F(SelfServiceTest, ARevivedTokenKeepsItsPositionAndWaitsAgain) {
  const TokenId token = Added("lee");
  ASSERT_EQ(Confirm("lee", token, TestService::Hotp(4)), Reason::kGoodCode);
  ASSERT_THAT(service_.tokens.Delete(token, "test"), IsOk());
  const auto again = Add("lee");
  EXPECT_EQ(again->token->token.id, token);
  EXPECT_EQ(again->token->token.position, 4U);
  EXPECT_FALSE(again->token->token.confirmed);
  EXPECT_EQ(Confirm("lee", token, TestService::Hotp(4)), Reason::kReplayed);
}

TEST_F(SelfServiceTest, AnAccountHoldsABoundedNumberOfTokens) {
  for (size_t i = 0; i < db::Store::kMaxTokensPerAccount; ++i) {
    ASSERT_THAT(Add("lee", "", "seed number " + std::to_string(1000 + i)),
                IsOk());
  }
  EXPECT_THAT(Add("lee"), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(SelfServiceTest, AConfirmedTokenIsRemovedBehindAFreshCode) {
  const TokenId second = service_.AddToken(TestService::HotpSpec(), kim_);
  EXPECT_EQ(ReasonOf(self().RemoveToken("kim", second, "", Page())),
            Reason::kMalformed);
  EXPECT_EQ(ReasonOf(self().RemoveToken("kim", second, "1234000000", Page())),
            Reason::kWrongCode);
  EXPECT_THAT(service_.tokens.Get(second), IsOk());
  EXPECT_EQ(ReasonOf(self().RemoveToken("kim", second, Fresh(), Page())),
            Reason::kGoodCode);
  EXPECT_THAT(service_.tokens.Get(second), StatusIs(StatusCode::kNotFound));
}

TEST_F(SelfServiceTest, AnothersTokenIsNotFound) {
  EXPECT_THAT(self().RemoveToken("lee", token_, "", Page()),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(self().RemoveToken("lee", TokenId{12345}, "", Page()),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(SelfServiceTest, TheLastUsableTokenStaysWherePoliciesAskForCodes) {
  const TokenId waiting = Added("kim", Fresh());
  const std::string credential = Fresh();
  EXPECT_THAT(self().RemoveToken("kim", token_, credential, Page()),
              StatusIs(StatusCode::kFailedPrecondition));
  const auto removed = self().RemoveToken("kim", waiting, "", Page());
  ASSERT_THAT(removed, IsOk());
  EXPECT_FALSE(removed->has_value());  // no credential was needed
  ASSERT_THAT(
      service_.accounts.SetPolicy(kim_, AccountPolicy::kPassword, "test"),
      IsOk());
  EXPECT_EQ(ReasonOf(self().RemoveToken("kim", token_, credential, Page())),
            Reason::kGoodCode);
}

TEST_F(SelfServiceTest, RecoveryCodesAreMadeBehindAFreshCode) {
  const auto made = self().MakeRecoveryCodes("kim", Fresh(), Page());
  EXPECT_EQ(made->proved->reason, Reason::kGoodCode);
  ASSERT_EQ(made->codes.size(), Recovery::kCodes);
  EXPECT_EQ(service_.LoginReason("kim", "1234" + made->codes[0]),
            Reason::kGoodRecoveryCode);
}

TEST_F(SelfServiceTest, WhatAnotherAccountShowsIsOfNoUse) {
  service_.AddToken(TestService::HotpSpec(), lee_);
  EXPECT_EQ(
      ReasonOf(self().ChangePin("kim", TestService::Hotp(0), "4321", Page())),
      Reason::kMalformed);
}

// While the credential is checked, another account takes the login.
TEST_F(SelfServiceTest, AnAccountThatIsRenamedMeanwhileIsNotChanged) {
  service_.AddToken(TestService::HotpSpec(), lee_);
  service_.AddToken(TestService::HotpSpec(6, kSecondSeed), kim_);
  const auto rename = [&](AccountId id, const std::string& login) {
    db::Commit commit;
    commit.audit =
        AdminAudit(db::Event::kAccountRenamed, service_.clock.Now(), "x");
    AddChange(memory_.GetAccount(id)->account, {.login = login},
              service_.clock.Now(), commit);
    EXPECT_THAT(memory_.Commit(commit), IsOk());
  };
  bool done = false;
  store_.BeforeCommit([&] {
    if (!std::exchange(done, true)) {
      rename(kim_, "kim.before");
      rename(lee_, "kim");
    }
  });
  const std::string pin_mac = Account(kim_).account.pin_mac;
  EXPECT_THAT(self().ChangePin("kim", TestService::Hotp(0), "4321", Page()),
              StatusIs(StatusCode::kAborted));
  EXPECT_EQ(Account(kim_).account.pin_mac, pin_mac);
  EXPECT_EQ(Account(lee_).account.pin_mac, "");
}

}  // namespace
}  // namespace pawl::validator
