#include "validator/service/help_desk.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountPolicy;
using db::DeviceKind;
using db::Reason;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

class HelpDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kim_ = service_.AddAccount("kim", "1234");
    token_ = service_.AddToken(TestService::HotpSpec(), kim_);
  }

  StatusOr<Explanation> Ask(std::string_view credential,
                            std::string_view service = "",
                            std::string_view account = "kim") {
    return service_.help_desk.Explain(account, service, credential, "helper");
  }
  // The only reading; questions do not run out.
  ExplainedReading Only(std::string_view credential,
                        std::string_view service = "") {
    service_.clock.Advance(hours(1));
    const Explanation explanation = Ask(credential, service).value();
    EXPECT_EQ(explanation.readings.size(), 1U);
    return explanation.readings.empty() ? ExplainedReading{}
                                        : explanation.readings.front();
  }
  Status SetPolicy(AccountPolicy policy) {
    return service_.accounts.SetPolicy(kim_, policy, "test").status();
  }

  db::MemoryStore memory_;
  testing::FaultyStore store_{memory_};
  TestService service_{&store_, {}};
  AccountId kim_;
  db::TokenId token_;
};

TEST_F(HelpDeskTest, SaysWhereACodeStands) {
  const ExplainedReading next = Only("1234" + TestService::Hotp(0));
  EXPECT_EQ(next.kind, CredentialKind::kCode);
  EXPECT_FALSE(next.recovery_code);
  EXPECT_EQ(next.pin_length, 4U);
  EXPECT_EQ(next.token->id, token_);
  EXPECT_EQ(next.freshness, Freshness::kFresh);
  EXPECT_EQ(next.distance, 1U);
  EXPECT_EQ(next.obstacle, std::nullopt);
  ASSERT_EQ(service_.LoginReason("kim", "1234" + TestService::Hotp(4)),
            Reason::kGoodCode);
  EXPECT_EQ(Only(TestService::Hotp(7)).distance, 3U);
  EXPECT_TRUE(
      db::Has(Only(TestService::Hotp(7)).hints, db::Hint::kCounterJump));
  EXPECT_EQ(Only(TestService::Hotp(4)).freshness, Freshness::kStale);
  const ExplainedReading wrong = Only("000000");
  EXPECT_EQ(wrong.freshness, Freshness::kNone);
  EXPECT_EQ(wrong.distance, 0U);
  EXPECT_TRUE(Ask("no code at all")->readings.empty());
}

TEST_F(HelpDeskTest, UsesNothingUpAndCountsNothing) {
  const std::string credential = "1234" + TestService::Hotp(0);
  const db::AccountSnapshot before = *service_.accounts.Get(kim_);
  ASSERT_THAT(Ask(credential), IsOk());
  ASSERT_THAT(Ask("9999000000", "webmail"), IsOk());
  EXPECT_EQ(*service_.accounts.Get(kim_), before);
  EXPECT_TRUE(service_.accounts.Blocks(kim_)->empty());
  EXPECT_EQ(service_.LoginReason("kim", credential), Reason::kGoodCode);
}

TEST_F(HelpDeskTest, TheAnswerDoesNotHangOnThePin) {
  const auto told = [&](const std::string& pin) {
    const ExplainedReading reading = Only(pin + TestService::Hotp(0));
    return std::tuple(reading.pin_length, reading.freshness, reading.distance,
                      reading.hints, reading.obstacle);
  };
  EXPECT_EQ(told("1234"), told("4321"));
  EXPECT_EQ(std::get<0>(told("päss")), 4U);
  EXPECT_EQ(std::get<0>(told("\xff\xff")), 2U);
}

TEST_F(HelpDeskTest, ShowsEveryReading) {
  service_.AddToken(TestService::HotpSpec(8, "another seed of 20 b"), kim_);
  const auto readings = Ask("123484755224")->readings;
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].pin_length + readings[1].pin_length, 10U);
}

TEST_F(HelpDeskTest, TellsLayoutAndDrift) {
  TestYubiKey key;
  service_.AddToken(key.Spec(), kim_);
  std::string shouted = "1234" + key.Press();
  std::transform(shouted.begin(), shouted.end(), shouted.begin(), ::toupper);
  EXPECT_TRUE(db::Has(Only(shouted).hints, db::Hint::kUpperCase));
  EXPECT_EQ(Only(shouted).drift, 0);
  EXPECT_EQ(Only(shouted).distance, 0U);  // never used
  const db::TokenId clock =
      service_.AddToken(TestService::TotpSpec(8, "another seed of 20 b"), kim_);
  service_.clock.Advance(hours(1));
  const std::string code = service_.Totp(1, 8, "another seed of 20 b");
  const auto readings = Ask(code)->readings;
  const auto ahead = std::find_if(
      readings.begin(), readings.end(),
      [&](const auto& reading) { return reading.token->id == clock; });
  ASSERT_NE(ahead, readings.end());
  EXPECT_EQ(ahead->drift, 1);
}

TEST_F(HelpDeskTest, SaysWhatStandsInTheWayOfAToken) {
  const std::string code = TestService::Hotp(0);
  EXPECT_EQ(Only(code, "webmail").obstacle, std::nullopt);
  const auto twice = Ask(code, "imap")->readings;
  EXPECT_EQ(twice.front().obstacle, Reason::kPolicy);
  ASSERT_THAT(service_.tokens.SetEnabled(token_, false, "test"), IsOk());
  EXPECT_EQ(Only(code).obstacle, Reason::kTokenDisabled);
  ASSERT_THAT(service_.tokens.SetEnabled(token_, true, "test"), IsOk());
  const auto edit = [&](const db::TokenChange& change) {
    db::Commit commit;
    commit.audit =
        AdminAudit(db::Event::kTokenUpdated, service_.clock.Now(), "x");
    EXPECT_THAT(AddChange(*memory_.GetToken(token_), change,
                          service_.clock.Now(), commit),
                IsOk());
    EXPECT_THAT(memory_.Commit(commit), IsOk());
  };
  edit({.throttle = db::ThrottleState{.failures = 99}});
  EXPECT_EQ(Only(code).obstacle, std::nullopt);
  edit({.throttle = db::ThrottleState{.failures = 100}});
  EXPECT_EQ(Only(code).obstacle, Reason::kLocked);
  edit({.throttle = db::ThrottleState{}, .confirmed = false});
  EXPECT_EQ(Only(code).obstacle, Reason::kTokenDisabled);
  ASSERT_THAT(service_.accounts.SetEnabled(kim_, false, "test"), IsOk());
  EXPECT_EQ(Only(code).obstacle, Reason::kAccountDisabled);
}

TEST_F(HelpDeskTest, KnowsTheAccountsRecoveryCodes) {
  const auto codes = *service_.recovery.MakeCodes(kim_, "test");
  const ExplainedReading unused = Only("1234" + codes[0]);
  EXPECT_TRUE(unused.recovery_code);
  EXPECT_EQ(unused.pin_length, 4U);
  EXPECT_EQ(unused.freshness, Freshness::kFresh);
  EXPECT_EQ(Only("wrong" + codes[0]).freshness, Freshness::kFresh);
  ASSERT_EQ(service_.LoginReason("kim", "1234" + codes[0]),
            Reason::kGoodRecoveryCode);
  EXPECT_EQ(Only(codes[0]).freshness, Freshness::kStale);
  EXPECT_EQ(Only("0000-0000-0000-0000").freshness, Freshness::kNone);
  const std::string temporary =
      service_.recovery.MakeTemporaryCode(kim_, hours(24), "test")->code;
  EXPECT_EQ(Only(temporary).freshness, Freshness::kFresh);
  service_.clock.Advance(hours(24));
  EXPECT_EQ(Only(temporary).freshness, Freshness::kStale);
}

TEST_F(HelpDeskTest, AYubicoOtpIsNotTakenForARecoveryCode) {
  TestYubiKey key;
  const db::TokenId token = service_.AddToken(key.Spec(), kim_);
  // One that ends in letters of a recovery code.
  std::string otp = key.Press();
  while (ReadRecoveryCode(otp).empty()) {
    otp = key.Press();
  }
  std::string wrong = otp;
  wrong.back() = wrong.back() == 'c' ? 'd' : 'c';
  EXPECT_EQ(Only(wrong).token->id, token);
  ASSERT_THAT(service_.recovery.MakeCodes(kim_, "test"), IsOk());
  EXPECT_EQ(Only(otp).token->id, token);
  EXPECT_EQ(Ask(wrong)->readings.size(), 2U);
}

TEST_F(HelpDeskTest, SaysWhatStandsInTheWayOfADevice) {
  const NewDevice phone =
      *service_.devices.Create(kim_, "mail", "Phone", std::nullopt, "test");
  const auto obstacle = [&](std::string_view service) {
    service_.clock.Advance(hours(1));
    const auto readings = Ask(phone.password, service)->readings;
    EXPECT_EQ(readings.back().kind, CredentialKind::kDevicePassword);
    EXPECT_EQ(readings.back().device, phone.device.id);
    return readings.back().obstacle;
  };
  EXPECT_EQ(obstacle(""), std::nullopt);
  EXPECT_EQ(obstacle("imap"), std::nullopt);
  EXPECT_EQ(obstacle("caldav"), Reason::kScope);
  EXPECT_EQ(obstacle("webmail"), Reason::kPolicy);
  ASSERT_THAT(service_.accounts.SetDevicePasswords(kim_, false, "test"),
              IsOk());
  EXPECT_EQ(obstacle("imap"), Reason::kPolicy);
  ASSERT_THAT(service_.accounts.SetDevicePasswords(kim_, true, "test"), IsOk());
  ASSERT_THAT(service_.devices.Update(
                  phone.device.id, kim_,
                  {.expires = service_.clock.Now() + Millis(1)}, "test"),
              IsOk());
  EXPECT_EQ(obstacle("imap"), Reason::kDeviceExpired);
  ASSERT_THAT(service_.accounts.SetEnabled(kim_, false, "test"), IsOk());
  EXPECT_EQ(obstacle("imap"), Reason::kAccountDisabled);
}

TEST_F(HelpDeskTest, NeverTellsWhetherADevicePasswordIsRight) {
  const NewDevice phone =
      *service_.devices.Create(kim_, "mail", "Phone", std::nullopt, "test");
  const std::array<uint8_t, kDeviceRandomBytes> other{};
  const std::string wrong = FormatDevicePassword(phone.device.id.value, other);
  const ExplainedReading reading = Ask(wrong, "imap")->readings.back();
  EXPECT_EQ(reading.device, phone.device.id);
  EXPECT_EQ(reading.obstacle, std::nullopt);
}

TEST_F(HelpDeskTest, AnothersDeviceIsNobodys) {
  const AccountId lee = service_.AddAccount("lee", "");
  const NewDevice phone =
      *service_.devices.Create(lee, "mail", "Phone", std::nullopt, "test");
  const std::array<uint8_t, kDeviceRandomBytes> random{};
  for (const std::string& password :
       {phone.password, FormatDevicePassword(12345, random)}) {
    const ExplainedReading reading = Ask(password, "caldav")->readings.back();
    EXPECT_EQ(reading.kind, CredentialKind::kDevicePassword);
    EXPECT_EQ(reading.device, std::nullopt);
    EXPECT_EQ(reading.obstacle, std::nullopt);
  }
}

TEST_F(HelpDeskTest, SaysWhatThePolicyLetsIn) {
  using Kinds = std::vector<CredentialKind>;
  EXPECT_TRUE(Ask("x")->permitted.empty());
  EXPECT_EQ(Ask("x", "webmail")->permitted, Kinds{CredentialKind::kCode});
  EXPECT_EQ(Ask("x", "imap")->permitted,
            (Kinds{CredentialKind::kDevicePassword, CredentialKind::kSession}));
  ASSERT_THAT(SetPolicy(AccountPolicy::kPassword), IsOk());
  EXPECT_EQ(Ask("x", "webmail")->permitted,
            Kinds{CredentialKind::kAccountPassword});
  ASSERT_THAT(service_.accounts.SetDevicePasswords(kim_, false, "test"),
              IsOk());
  EXPECT_EQ(
      Ask("x", "imap")->permitted,
      (Kinds{CredentialKind::kAccountPassword, CredentialKind::kSession}));
}

TEST_F(HelpDeskTest, AnyTextMayBeAnAccountPasswordWhereThatIsLetIn) {
  ASSERT_THAT(SetPolicy(AccountPolicy::kOtpWeb), IsOk());
  EXPECT_TRUE(Ask("any text", "webmail")->readings.empty());
  const ExplainedReading reading = Only("any text", "imap");
  EXPECT_EQ(reading.kind, CredentialKind::kAccountPassword);
  EXPECT_EQ(reading.pin_length, 0U);
  EXPECT_EQ(reading.obstacle, std::nullopt);
}

TEST_F(HelpDeskTest, QuestionsAboutOneAccountRunOut) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Ask("x"), IsOk());
  }
  EXPECT_THAT(Ask("x"),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("10 s")));
  // An unlocking is about failures.
  ASSERT_THAT(service_.accounts.Unlock(kim_, "test"), IsOk());
  service_.clock.Advance(seconds(9));
  EXPECT_THAT(Ask("x"),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("wait 1 s")));
  service_.AddAccount("lee", "");
  EXPECT_THAT(Ask("x", "", "lee"), IsOk());
  service_.clock.Advance(seconds(1));
  EXPECT_THAT(Ask("x"), IsOk());
  EXPECT_THAT(Ask("x"), StatusIs(StatusCode::kResourceExhausted));
}

TEST_F(HelpDeskTest, EachQuestionIsAuditedBeforeItsAnswer) {
  ASSERT_THAT(Ask("x", "imap"), IsOk());
  const db::AuditEntry entry = store_.ListAudit({.limit = 1})->front();
  EXPECT_EQ(entry.event, db::Event::kCredentialExplained);
  EXPECT_EQ(entry.account, kim_);
  EXPECT_EQ(entry.service, "imap");
  EXPECT_EQ(entry.caller, "helper");
  store_.FailBeforeCommit(1);
  EXPECT_THAT(Ask("x"), StatusIs(StatusCode::kUnavailable));
}

TEST_F(HelpDeskTest, TwoQuestionsAtOnceAreBothAnswered) {
  bool done = false;
  store_.BeforeCommit([&] {
    if (!std::exchange(done, true)) {
      EXPECT_THAT(Ask("x"), IsOk());
    }
  });
  EXPECT_THAT(Ask("x"), IsOk());
  EXPECT_EQ(memory_.ListBudgets(kim_)->front().throttle.failures, 2U);
}

TEST_F(HelpDeskTest, FieldsAreChecked) {
  EXPECT_EQ(FieldOf(Ask("x", "", "").status()), "account");
  EXPECT_EQ(FieldOf(Ask("x", "telnet").status()), "service");
  EXPECT_EQ(FieldOf(Ask(std::string(513, 'x')).status()), "credential");
  EXPECT_THAT(Ask("x", "", "nobody"), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace pawl::validator
