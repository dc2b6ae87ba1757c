#include "validator/service/validator.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::Hint;
using db::Reason;
using db::TokenId;
using testing::kSeed;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

TEST(Validator, AcceptsPinAndCodeOnceForEveryKind) {
  TestService service;
  const AccountId kim = service.AddAccount("kim@example.org", "1234");
  TestYubiKey key;
  service.AddToken(key.Spec(), kim);
  service.AddToken(TestService::HotpSpec(8), kim);
  constexpr std::string_view kTotpSeed = "another seed of 20 b";
  service.AddToken(TestService::TotpSpec(7, kTotpSeed), kim);
  service.AddToken(TestService::MotpSpec(), kim);
  for (const std::string& code :
       {key.Press(), TestService::Hotp(0, 8), service.Totp(0, 7, kTotpSeed),
        service.Motp()}) {
    EXPECT_EQ(service.LoginReason("kim@example.org", "1234" + code),
              Reason::kGoodCode)
        << code.size();
    EXPECT_EQ(service.LoginReason("kim@example.org", "1234" + code),
              Reason::kReplayed)
        << code.size();
  }
}

TEST(Validator, TheOutcomeNamesAccountAndToken) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  TestYubiKey key;
  const TokenId token = service.AddToken(key.Spec(), kim);
  const Outcome outcome = *service.Login("KIM", key.Press());
  EXPECT_EQ(outcome.reason, Reason::kGoodCode);
  EXPECT_EQ(outcome.account, kim);
  EXPECT_EQ(outcome.token, token);
  EXPECT_EQ(outcome.public_id, key.public_id());
}

TEST(Validator, AWrongPinBurnsTheCode) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "1234");
  TestYubiKey key;
  service.AddToken(key.Spec(), kim);
  const std::string code = key.Press();
  EXPECT_EQ(service.LoginReason("kim", "4321" + code), Reason::kWrongPin);
  EXPECT_EQ(service.LoginReason("kim", "1234" + code), Reason::kReplayed);
  EXPECT_EQ(service.LoginReason("kim", "1234" + key.Press()),
            Reason::kGoodCode);
}

TEST(Validator, NoPinInFrontIsAWrongPin) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "1234");
  service.AddToken(TestService::HotpSpec(), kim);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(0)),
            Reason::kWrongPin);
}

TEST(Validator, ReadsOneTextForTokensOfDifferentLength) {
  // RFC 4226, counter 0: six digits 755224, eight digits 84755224.
  constexpr std::string_view kText = "123484755224";
  for (const auto& [pin, digits] :
       {std::pair{"1234", 8}, std::pair{"123484", 6}}) {
    TestService service;
    const AccountId kim = service.AddAccount("kim", pin);
    service.AddToken(TestService::HotpSpec(digits), kim);
    service.AddToken(
        TestService::HotpSpec(digits == 8 ? 6 : 8, "another seed of 20 b"),
        kim);
    EXPECT_EQ(service.LoginReason("kim", kText), Reason::kGoodCode) << pin;
  }
}

TEST(Validator, AHotpCodeIsNeverLookedForBehind) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  service.AddToken(TestService::HotpSpec(), kim);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(5)),
            Reason::kGoodCode);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(5)),
            Reason::kReplayed);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(4)),
            Reason::kWrongCode);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(17)),
            Reason::kWrongCode);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(16)),
            Reason::kGoodCode);
}

TEST(Validator, ATotpStepIsUsedOnce) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  service.AddToken(TestService::TotpSpec(), kim);
  const std::string now = service.Totp();
  const std::string next = service.Totp(1);
  EXPECT_EQ(service.LoginReason("kim", next), Reason::kGoodCode);
  EXPECT_EQ(service.LoginReason("kim", now), Reason::kReplayed);
  service.clock.Advance(std::chrono::seconds(30));
  EXPECT_EQ(service.LoginReason("kim", next), Reason::kReplayed);
  service.clock.Advance(std::chrono::seconds(30));
  EXPECT_EQ(service.LoginReason("kim", service.Totp()), Reason::kGoodCode);
}

TEST(Validator, AClockThatJumpsNeverBringsACodeBack) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  service.AddToken(TestService::TotpSpec(), kim);
  const UnixTime real = service.clock.Now();
  const std::string code = service.Totp();
  EXPECT_EQ(service.LoginReason("kim", code), Reason::kGoodCode);
  for (const Millis jump :
       {Millis(-std::chrono::hours(24 * 365)),
        Millis(-std::chrono::seconds(30)), Millis(std::chrono::seconds(30)),
        Millis(std::chrono::hours(24))}) {
    service.clock.Set(real + jump);
    EXPECT_NE(service.LoginReason("kim", code), Reason::kGoodCode);
  }
  service.clock.Set(FromUnixMillis(20'000'000'000'000));  // beyond 32 bits
  EXPECT_EQ(service.LoginReason("kim", service.Totp()), Reason::kGoodCode);
}

TEST(Validator, DriftIsLearned) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  const TokenId token = service.AddToken(TestService::TotpSpec(), kim);
  // A token whose clock runs ahead by one more step every time.
  for (int ahead = 1; ahead < 6; ++ahead) {
    EXPECT_EQ(service.LoginReason("kim", service.Totp(ahead)),
              Reason::kGoodCode)
        << ahead;
    EXPECT_EQ(service.tokens.Get(token)->drift, ahead);
    service.clock.Advance(std::chrono::seconds(60));
  }
}

TEST(Validator, ResyncMovesATokenToWhereItIs) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  const TokenId token = service.AddToken(TestService::HotpSpec(), kim);
  const auto resync = [&](uint64_t first, uint64_t second) {
    return service
        .Resync(token, TestService::Hotp(first), TestService::Hotp(second))
        ->reason;
  };
  EXPECT_EQ(resync(301, 300), Reason::kNotConsecutive);
  EXPECT_EQ(resync(300, 302), Reason::kNotConsecutive);
  EXPECT_EQ(resync(300, 301), Reason::kGoodCode);
  EXPECT_EQ(resync(300, 301), Reason::kNotConsecutive);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(301)),
            Reason::kReplayed);
  EXPECT_EQ(service.LoginReason("kim", TestService::Hotp(302)),
            Reason::kGoodCode);
  EXPECT_THAT(service.Resync(TokenId{42}, "755224", "287082"),
              StatusIs(StatusCode::kNotFound));
  const TokenId yubikey = service.AddToken(TestYubiKey().Spec(), kim);
  EXPECT_THAT(service.Resync(yubikey, "755224", "287082"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(Validator, ResyncIsNoWayAroundTheLock) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  const TokenId token = service.AddToken(TestService::TotpSpec(), kim);
  Reason last = Reason::kNotConsecutive;
  for (int i = 0; i < 101; ++i) {
    last = service.Resync(token, "000000", "000001")->reason;
  }
  EXPECT_EQ(last, Reason::kLocked);
  EXPECT_EQ(service.LoginReason("kim", service.Totp()), Reason::kLocked);
}

TEST(Validator, UnknownNamesAreRefusedAndAudited) {
  TestService service;
  TestYubiKey key;
  for (const std::string& credential :
       {std::string("1234755224"), "1234" + key.Press(), std::string()}) {
    EXPECT_EQ(service.LoginReason("nobody", credential),
              Reason::kUnknownAccount);
  }
  EXPECT_EQ(service.Otp(key.Press())->reason, Reason::kUnknownToken);
  EXPECT_EQ(service.Otp("755224")->reason, Reason::kUnknownToken);
  EXPECT_EQ(service.store.ListAudit({})->size(), 5U);
  EXPECT_TRUE(service.accounts.List("", 10)->empty());
}

TEST(Validator, OtpAloneIsCheckedByItsPublicId) {
  TestService service;
  TestYubiKey key;
  const TokenId token =
      service.registration.Register(key.Spec(), "test")->token.id;
  const std::string otp = key.Press();
  const Outcome outcome = *service.Otp(" " + otp + "\r\n");
  EXPECT_EQ(outcome.reason, Reason::kGoodCode);
  EXPECT_EQ(outcome.token, token);
  EXPECT_EQ(service.Otp(otp)->reason, Reason::kReplayed);
  EXPECT_EQ(service.Otp("1234" + key.Press())->reason, Reason::kUnknownToken);
  EXPECT_EQ(service.Otp(key.public_id() + std::string(32, 'c'))->reason,
            Reason::kWrongCode);
}

TEST(Validator, OtpAloneCanNameItsToken) {
  TestService service;
  const TokenId token =
      service.registration.Register(TestService::HotpSpec(), "test")->token.id;
  const std::string id = db::ToString(token);
  EXPECT_EQ(service.Otp(TestService::Hotp(0), "", id)->reason,
            Reason::kGoodCode);
  EXPECT_EQ(service.Otp(TestService::Hotp(0), "", id)->reason,
            Reason::kReplayed);
  EXPECT_EQ(service.Otp("1234" + TestService::Hotp(1), "", id)->reason,
            Reason::kMalformed);
  EXPECT_THAT(service.Otp("755224", "", "tok_x"),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(Validator, AYubikeyTypedThroughDvorakIsRead) {
  TestService service;
  TestYubiKey key;
  const AccountId kim = service.AddAccount("kim", "1234");
  service.AddToken(key.Spec(), kim);
  constexpr std::string_view kModhex = "cbdefghijklnrtuv";
  constexpr std::string_view kDvorak = "jxe.uidchtnbpygk";
  std::string typed = key.Press();
  for (char& c : typed) {
    c = kDvorak[kModhex.find(c)];
  }
  const Outcome outcome = *service.Login("kim", "1234" + typed);
  EXPECT_EQ(outcome.reason, Reason::kGoodCode);
  EXPECT_TRUE(Has(outcome.hints, Hint::kKeyboardLayout));
}

TEST(Validator, FailuresDelayThenLockAndASuccessClears) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "1234");
  service.AddToken(TestService::HotpSpec(), kim);
  uint64_t counter = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(service.LoginReason("kim", "1234000000"), Reason::kWrongCode);
  }
  const std::string good = "1234" + TestService::Hotp(counter);
  const Outcome throttled = *service.Login("kim", good);
  EXPECT_EQ(throttled.reason, Reason::kThrottled);
  EXPECT_EQ(throttled.retry_after, std::chrono::seconds(1));
  service.clock.Advance(throttled.retry_after);
  EXPECT_EQ(service.LoginReason("kim", good), Reason::kGoodCode);
  EXPECT_EQ(service.accounts.Get(kim)->account.throttle.failures, 0U);
  ++counter;
  for (int i = 0; i < 100; ++i) {
    service.clock.Advance(std::chrono::hours(1));
    EXPECT_EQ(service.LoginReason("kim", "1234000000"), Reason::kWrongCode);
  }
  service.clock.Advance(std::chrono::hours(1000));
  EXPECT_EQ(service.LoginReason("kim", "1234" + TestService::Hotp(counter)),
            Reason::kLocked);
  EXPECT_TRUE(service.accounts.Unlock(kim, "test").ok());
  EXPECT_EQ(service.LoginReason("kim", "1234" + TestService::Hotp(counter)),
            Reason::kGoodCode);
}

TEST(Validator, BadFieldsAreNamedAndNothingIsUsedUp) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  service.AddToken(TestService::HotpSpec(), kim);
  const std::string code = TestService::Hotp(0);
  struct FieldCase {
    std::string field;
    LoginCheck check;
    CallContext context{.who = LocalCaller()};
  };
  const std::string long_text(600, 'x');
  const FieldCase cases[] = {
      {"account", {"", "webmail", code, ""}},
      {"account", {long_text, "webmail", code, ""}},
      {"account", {"k\nim", "webmail", code, ""}},
      {"account", {"k\xffim", "webmail", code, ""}},
      {"service", {"kim", long_text, code, ""}},
      {"service", {"kim", "web\tmail", code, ""}},
      {"credential", {"kim", "webmail", long_text, ""}},
      {"attempt_id", {"kim", "webmail", code, "short"}},
      {"attempt_id", {"kim", "webmail", code, long_text}},
      {"client_address",
       {"kim", "webmail", code, ""},
       {.who = LocalCaller(), .client_address = long_text}},
  };
  for (const FieldCase& one : cases) {
    const StatusOr<Outcome> outcome = service.Ask(one.check, one.context);
    EXPECT_THAT(outcome, StatusIs(StatusCode::kInvalidArgument)) << one.field;
    EXPECT_EQ(FieldOf(outcome.status()), one.field);
  }
  EXPECT_EQ(service.LoginReason("kim", code), Reason::kGoodCode);
}

TEST(Validator, APassedDeadlineUsesNothingUp) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  service.AddToken(TestService::HotpSpec(), kim);
  const LoginCheck check{"kim", "webmail", "755224", ""};
  EXPECT_THAT(service.Ask(check, {.who = LocalCaller(),
                                  .expired = [] { return true; }}),
              StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_EQ(service.LoginReason("kim", "755224"), Reason::kGoodCode);
}

TEST(Validator, EveryVerdictIsInTheAudit) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "1234");
  const TokenId token = service.AddToken(TestService::HotpSpec(), kim);
  ASSERT_TRUE(service
                  .Ask(LoginCheck{"kim", "webmail", "1234755224", ""},
                       {.who = TestService::AnyRole("cli_x"),
                        .client_address = "192.0.2.7"})
                  .ok());
  EXPECT_EQ(service.LoginReason("kim", "1234000000"), Reason::kWrongCode);
  const auto entries = *service.store.ListAudit({.account = kim, .limit = 2});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].reason, Reason::kWrongCode);
  EXPECT_EQ(entries[0].position, std::nullopt);
  const db::AuditEntry& accepted = entries[1];
  EXPECT_EQ(accepted.event, db::Event::kLoginChecked);
  EXPECT_EQ(accepted.reason, Reason::kGoodCode);
  EXPECT_EQ(accepted.account, kim);
  EXPECT_EQ(accepted.token, token);
  EXPECT_EQ(accepted.position, 0U);
  EXPECT_EQ(accepted.caller, "cli_x");
  EXPECT_EQ(accepted.service, "webmail");
  EXPECT_EQ(accepted.client_address, "192.0.2.7");
}

TEST(Validator, DisablingIsHonouredByTheVeryNextCheck) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  TestYubiKey key;
  const TokenId token = service.AddToken(key.Spec(), kim);
  ASSERT_TRUE(service.tokens.SetEnabled(token, false, "test").ok());
  const std::string code = key.Press();
  EXPECT_EQ(service.LoginReason("kim", code), Reason::kTokenDisabled);
  EXPECT_EQ(service.Otp(code)->reason, Reason::kTokenDisabled);
  ASSERT_TRUE(service.tokens.SetEnabled(token, true, "test").ok());
  ASSERT_TRUE(service.accounts.SetEnabled(kim, false, "test").ok());
  EXPECT_EQ(service.LoginReason("kim", code), Reason::kAccountDisabled);
  ASSERT_TRUE(service.accounts.SetEnabled(kim, true, "test").ok());
  EXPECT_EQ(service.LoginReason("kim", code), Reason::kGoodCode);
}

}  // namespace
}  // namespace pawl::validator
