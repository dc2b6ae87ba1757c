// What a retry gets (mission E2): the same attempt the same verdict, anything
// else a replay. In the Yubico protocol a retry is a replay that is told apart.
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::Hint;
using db::Reason;
using testing::IsOk;
using testing::TestService;
using testing::TestYubiKey;

constexpr std::string_view kAttempt = "7f3c2a90-attempt";
constexpr std::string_view kOther = "0b1d44e2-attempt";

class Attempt : public ::testing::Test {
 protected:
  Attempt() {
    service_.AddToken(key_.Spec(), service_.AddAccount("kim", "1234"));
    service_.AddToken(TestYubiKey(2).Spec(),
                      service_.AddAccount("lee", "1234"));
  }
  Outcome Login(std::string_view credential, std::string_view attempt,
                const std::string& caller = "test") {
    return service_.Login("kim", credential, attempt, caller).value();
  }
  TestService service_;
  TestYubiKey key_;
};

TEST_F(Attempt, TheSameAttemptGetsTheSameVerdict) {
  const std::string credential = "1234" + key_.Press();
  const Outcome first = Login(credential, kAttempt);
  EXPECT_EQ(first.reason, Reason::kGoodCode);
  const Outcome again = Login(credential, kAttempt);
  EXPECT_EQ(again.reason, Reason::kGoodCode);
  EXPECT_EQ(again.account, first.account);
  EXPECT_EQ(again.token, first.token);
  EXPECT_EQ(again.public_id, first.public_id);
  EXPECT_TRUE(Has(again.hints, Hint::kRepeatedAttempt));
}

TEST_F(Attempt, ARefusalIsRepeatedAndCountedOnce) {
  const std::string credential = "4321" + key_.Press();
  EXPECT_EQ(Login(credential, kAttempt).reason, Reason::kWrongPin);
  EXPECT_EQ(Login(credential, kAttempt).reason, Reason::kWrongPin);
  EXPECT_EQ(service_.accounts.Find("kim")->account.throttle.failures, 1U);
}

TEST_F(Attempt, AnyOtherAttemptIsAReplay) {
  const std::string credential = "1234" + key_.Press();
  EXPECT_EQ(Login(credential, kAttempt).reason, Reason::kGoodCode);
  EXPECT_EQ(Login(credential, kOther).reason, Reason::kReplayed);
  EXPECT_EQ(Login(credential, "").reason, Reason::kReplayed);
  EXPECT_EQ(Login(credential, kAttempt, "another caller").reason,
            Reason::kReplayed);
}

TEST_F(Attempt, AnotherQuestionUnderTheSameIdIsRefusedAndUsesNothingUp) {
  const std::string first = "1234" + key_.Press();
  const std::string second = "1234" + key_.Press();
  EXPECT_EQ(Login(first, kAttempt).reason, Reason::kGoodCode);
  EXPECT_EQ(Login(second, kAttempt).reason, Reason::kAttemptReused);
  EXPECT_EQ(service_.Login("lee", first, kAttempt)->reason,
            Reason::kAttemptReused);
  EXPECT_EQ(service_.Otp(first.substr(4), kAttempt)->reason,
            Reason::kAttemptReused);
  EXPECT_EQ(Login(second, kOther).reason, Reason::kGoodCode);
}

TEST_F(Attempt, IsForgottenAfterItsTime) {
  const std::string credential = "1234" + key_.Press();
  EXPECT_EQ(Login(credential, kAttempt).reason, Reason::kGoodCode);
  service_.clock.Advance(std::chrono::minutes(10));
  EXPECT_EQ(Login(credential, kAttempt).reason, Reason::kReplayed);
}

TEST_F(Attempt, ThrottledIsNotAnAnswerToRemember) {
  for (int i = 0; i < 5; ++i) {
    Login("1234000000", "");
  }
  const std::string credential = "1234" + key_.Press();
  EXPECT_EQ(Login(credential, kAttempt).reason, Reason::kThrottled);
  service_.clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Login(credential, kAttempt).reason, Reason::kGoodCode);
}

TEST_F(Attempt, WorksForBareCodesToo) {
  const std::string otp = key_.Press();
  EXPECT_EQ(service_.Otp(otp, kAttempt)->reason, Reason::kGoodCode);
  EXPECT_EQ(service_.Otp(otp, kAttempt)->reason, Reason::kGoodCode);
  EXPECT_EQ(service_.Otp(otp, kOther)->reason, Reason::kReplayed);
}

class Nonce : public Attempt {
 protected:
  Outcome Ask(std::string_view otp, std::string_view nonce) {
    return service_
        .Ask({.otp = otp, .nonce = nonce},
             {.who = TestService::AnyRole("test")})
        .value();
  }
  // Types OTPs with the public id of `key_` that it did not make.
  static TestYubiKey Impostor() { return TestYubiKey(1, 9); }
  void ExpectReplay(const Outcome& outcome, bool same_question) {
    EXPECT_EQ(outcome.reason, Reason::kReplayed);
    EXPECT_EQ(Has(outcome.hints, Hint::kRepeatedAttempt), same_question);
    EXPECT_EQ(outcome.public_id, key_.public_id());
  }
};

TEST_F(Nonce, TellsARetryFromAnotherReplay) {
  const std::string otp = key_.Press();
  EXPECT_EQ(Ask(otp, "n1").reason, Reason::kGoodCode);
  ExpectReplay(Ask(otp, "n1"), true);
  ExpectReplay(Ask(otp, "n2"), false);
  ExpectReplay(Ask(otp, ""), false);
  ExpectReplay(Ask(key_.At(1, 0), "n1"), true);  // it is the same OTP
  EXPECT_EQ(Ask(key_.Press(), "n1").reason, Reason::kGoodCode);
  ExpectReplay(Ask(otp, "n1"), false);  // only the last one is known
}

TEST_F(Nonce, IsForgottenWhenSomethingElseUsesTheKey) {
  const std::string otp = key_.Press();
  EXPECT_EQ(Ask(otp, "n1").reason, Reason::kGoodCode);
  EXPECT_EQ(Login("1234" + key_.Press(), "").reason, Reason::kGoodCode);
  ExpectReplay(Ask(otp, "n1"), false);
}

TEST_F(Nonce, AWrongOtpIsCountedOnce) {
  const std::string used = key_.Press();
  EXPECT_EQ(Ask(used, "n1").reason, Reason::kGoodCode);
  const std::string impostor = Impostor().Press();
  for (int time = 0; time < 10; ++time) {
    const Outcome outcome = Ask(impostor, "n2");
    EXPECT_EQ(outcome.reason, Reason::kWrongCode);
    EXPECT_EQ(Has(outcome.hints, Hint::kRepeatedAttempt), time > 0);
  }
  ExpectReplay(Ask(used, "n2"), false);  // no gate has closed
}

TEST_F(Nonce, ARetryIsKnownBehindAClosedGate) {
  const std::string otp = key_.Press();
  EXPECT_EQ(Ask(otp, "n1").reason, Reason::kGoodCode);
  TestYubiKey impostor = Impostor();
  for (int time = 0; time < 5; ++time) {
    EXPECT_EQ(Ask(impostor.Press(), "n2").reason, Reason::kWrongCode);
  }
  EXPECT_EQ(Ask(otp, "n2").reason, Reason::kThrottled);
  ExpectReplay(Ask(otp, "n1"), true);
}

TEST_F(Nonce, ARetryOfWhatIsDisabledSinceIsNoReplay) {
  const std::string otp = key_.Press();
  const Outcome first = Ask(otp, "n1");
  EXPECT_EQ(first.reason, Reason::kGoodCode);
  const auto reason_of = [&](std::string_view nonce) {
    return Ask(otp, nonce).reason;
  };
  ASSERT_THAT(service_.accounts.SetEnabled(*first.account, false, "local"),
              IsOk());
  EXPECT_EQ(reason_of("n1"), Reason::kAccountDisabled);
  EXPECT_EQ(reason_of("n2"), Reason::kAccountDisabled);
  ASSERT_THAT(service_.accounts.SetEnabled(*first.account, true, "local"),
              IsOk());
  EXPECT_EQ(reason_of("n1"), Reason::kReplayed);
  ASSERT_THAT(service_.tokens.SetEnabled(*first.token, false, "local"), IsOk());
  EXPECT_EQ(reason_of("n1"), Reason::kTokenDisabled);
  EXPECT_EQ(reason_of("n2"), Reason::kTokenDisabled);
}

}  // namespace
}  // namespace pawl::validator
