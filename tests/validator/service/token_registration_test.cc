#include "validator/service/token_registration.h"

#include <gtest/gtest.h>

#include "base/key_access.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::Reason;
using db::TokenId;
using db::TokenKind;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

StatusOr<RegisteredToken> Register(TestService& service, TokenSpec spec) {
  return service.registration.Register(std::move(spec), "test");
}

TEST(TokenRegistration, FillsInWhatTokensUsuallyAre) {
  TestService service;
  const db::TokenRecord hotp =
      Register(service, TestService::HotpSpec(0))->token;
  EXPECT_EQ(hotp.digits, 6);
  EXPECT_EQ(hotp.window, 10U);
  EXPECT_EQ(hotp.position, std::nullopt);
  const db::TokenRecord totp =
      Register(service, TestService::TotpSpec(0, "another seed of 20 b"))
          ->token;
  EXPECT_EQ(totp.period, 30);
  EXPECT_EQ(totp.window, 1U);
  const db::TokenRecord motp =
      Register(service, TestService::MotpSpec())->token;
  EXPECT_EQ(motp.period, 10);
  EXPECT_EQ(motp.window, 18U);
}

struct BadSpec {
  std::string field;
  TokenSpec spec;
};

template <typename Change>
BadSpec Bad(const std::string& field, TokenSpec spec, const Change& change) {
  change(spec);
  return {field, std::move(spec)};
}

TEST(TokenRegistration, RefusesImpossibleTokensAndNamesTheField) {
  TestService service;
  const TestYubiKey key;
  std::vector<BadSpec> cases;
  const auto add = [&](const std::string& field, TokenSpec spec,
                       auto&& change) {
    cases.push_back(Bad(field, std::move(spec), change));
  };
  const auto hotp = [] { return TestService::HotpSpec(); };
  const auto totp = [] { return TestService::TotpSpec(); };
  const auto motp = [] { return TestService::MotpSpec(); };
  add("digits", hotp(), [](TokenSpec& s) { s.digits = 5; });
  add("digits", hotp(), [](TokenSpec& s) { s.digits = 9; });
  add("window", hotp(), [](TokenSpec& s) { s.window = 101; });
  add("window", hotp(), [](TokenSpec& s) { s.window = -1; });
  add("counter", hotp(), [](TokenSpec& s) { s.counter = -1; });
  add("secret", hotp(), [](TokenSpec& s) { s.secret = SecretBytes("short"); });
  add("secret", hotp(),
      [](TokenSpec& s) { s.secret = SecretBytes(std::string(129, 'x')); });
  add("token_identifier", hotp(), [](TokenSpec& s) { s.public_id = "ubhe"; });
  add("token_identifier", hotp(),
      [](TokenSpec& s) { s.public_id = "ubhe0000 711"; });
  add("label", hotp(), [](TokenSpec& s) { s.label = std::string(129, 'x'); });
  add("label", hotp(), [](TokenSpec& s) { s.label = "a\nb"; });
  add("period", totp(), [](TokenSpec& s) { s.period = 9; });
  add("period", totp(), [](TokenSpec& s) { s.period = 601; });
  add("window", totp(), [](TokenSpec& s) { s.window = 11; });
  add("secret", motp(),
      [](TokenSpec& s) { s.secret = SecretBytes("not hexadecimal!"); });
  add("secret", motp(),
      [](TokenSpec& s) { s.secret = SecretBytes("0f1e2d3c4b5a69780"); });
  add("pin", motp(), [](TokenSpec& s) { s.motp_pin = SecretBytes("12a4"); });
  add("pin", motp(), [](TokenSpec& s) { s.motp_pin = SecretBytes(); });
  add("public_id", key.Spec(), [](TokenSpec& s) { s.public_id = "ccc"; });
  add("public_id", key.Spec(), [](TokenSpec& s) { s.public_id = "aa"; });
  add("public_id", key.Spec(),
      [](TokenSpec& s) { s.public_id = std::string(34, 'c'); });
  add("aes_key", key.Spec(),
      [](TokenSpec& s) { s.secret = SecretBytes("fifteen bytes.."); });
  add("private_id", key.Spec(),
      [](TokenSpec& s) { s.private_id = SecretBytes(); });
  add("generate", hotp(), [](TokenSpec& s) { s.generate = true; });
  for (BadSpec& one : cases) {
    const auto result = Register(service, std::move(one.spec));
    EXPECT_THAT(result, StatusIs(StatusCode::kInvalidArgument)) << one.field;
    EXPECT_EQ(FieldOf(result.status()), one.field);
  }
  EXPECT_TRUE(service.tokens.List("", 10)->empty());
}

TEST(TokenRegistration, TheSameSecretIsNeverRegisteredTwice) {
  TestService service;
  ASSERT_TRUE(Register(service, TestService::HotpSpec(6)).ok());
  EXPECT_THAT(Register(service, TestService::HotpSpec(8)),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(Register(service, TestService::TotpSpec()),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(Register(service, TestService::HotpSpec(
                                    6, std::string(testing::kSeed) + '\0')),
              StatusIs(StatusCode::kAlreadyExists));
  TestYubiKey key;
  ASSERT_TRUE(Register(service, key.Spec()).ok());
  TokenSpec renamed = key.Spec();
  renamed.public_id = "cccc";
  EXPECT_THAT(Register(service, std::move(renamed)),
              StatusIs(StatusCode::kAlreadyExists));
  TokenSpec upper = TestService::MotpSpec();
  ASSERT_TRUE(Register(service, TestService::MotpSpec()).ok());
  upper.secret = SecretBytes("0F1E2D3C4B5A6978");
  EXPECT_THAT(Register(service, std::move(upper)),
              StatusIs(StatusCode::kAlreadyExists));
}

TEST(TokenRegistration, DeletingAndRegisteringAgainBringsNoCodeBack) {
  TestService service;
  TestYubiKey key;
  const TokenId token = Register(service, key.Spec())->token.id;
  const std::string used = key.Press();
  ASSERT_EQ(service.Otp(used)->reason, Reason::kGoodCode);
  ASSERT_TRUE(service.tokens.Delete(token, "test").ok());
  EXPECT_EQ(service.Otp(used)->reason, Reason::kUnknownToken);
  EXPECT_THAT(service.tokens.Get(token), StatusIs(StatusCode::kNotFound));
  TokenSpec again = key.Spec();
  again.public_id = "cccc";  // under another name, too
  EXPECT_EQ(Register(service, std::move(again))->token.id, token);
  EXPECT_EQ(service.Otp("cccc" + used.substr(12))->reason, Reason::kReplayed);
  EXPECT_EQ(service.Otp("cccc" + key.Press().substr(12))->reason,
            Reason::kGoodCode);
}

TEST(TokenRegistration, ADeletedSecretDoesNotComeBackAsAnotherKind) {
  TestService service;
  const TokenId token = Register(service, TestService::HotpSpec())->token.id;
  ASSERT_TRUE(service.tokens.Delete(token, "test").ok());
  EXPECT_THAT(Register(service, TestService::TotpSpec()),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(TokenRegistration, DeletingAndRegisteringAgainForgetsNoFailure) {
  TestService service;
  const TokenId token = Register(service, TestService::HotpSpec())->token.id;
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(service.Otp("000000", "", db::ToString(token)).ok());
  }
  ASSERT_TRUE(service.tokens.Delete(token, "test").ok());
  ASSERT_TRUE(Register(service, TestService::HotpSpec()).ok());
  EXPECT_EQ(service.Otp(TestService::Hotp(0), "", db::ToString(token))->reason,
            Reason::kThrottled);
}

TEST(TokenRegistration, ACounterGivenIsTheNextOne) {
  TestService service;
  TokenSpec spec = TestService::HotpSpec();
  spec.counter = 5;
  const std::string id =
      db::ToString(Register(service, std::move(spec))->token.id);
  EXPECT_EQ(service.Otp(TestService::Hotp(4), "", id)->reason,
            Reason::kReplayed);
  EXPECT_EQ(service.Otp(TestService::Hotp(5), "", id)->reason,
            Reason::kGoodCode);
}

TEST(TokenRegistration, AGeneratedSecretIsHandedOutOnceAndWorks) {
  TestService service;
  TokenSpec spec;
  spec.kind = TokenKind::kHotp;
  spec.generate = true;
  const RegisteredToken made = *Register(service, std::move(spec));
  const auto seed = made.secret.Reveal(GrantKeyAccess());
  ASSERT_EQ(seed.size(), 20U);
  EXPECT_EQ(service
                .Otp(oath::Hotp(seed, 0, 6, Hash::kSha1), "",
                     db::ToString(made.token.id))
                ->reason,
            Reason::kGoodCode);
  TokenSpec yubico;
  yubico.generate = true;
  const RegisteredToken key = *Register(service, std::move(yubico));
  EXPECT_EQ(key.secret.size(), yubico::kAesKeySize);
  EXPECT_EQ(key.private_id.size(), yubico::kPrivateIdSize);
  EXPECT_EQ(key.token.public_id.size(), 12U);
}

TEST(TokenAdmin, ChangesLabelAndWindowWithinTheRules) {
  TestService service;
  const TokenId token = Register(service, TestService::HotpSpec())->token.id;
  const auto changed =
      service.tokens.Update(token, {.label = "blue", .window = 50}, "test");
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->label, "blue");
  EXPECT_EQ(changed->window, 50U);
  EXPECT_THAT(service.tokens.Update(token, {.window = 500}, "test"),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(service.tokens.Update(TokenId{42}, {.label = "x"}, "test"),
              StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace pawl::validator
