#include "tools/token/software_token.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "oath/hotp.h"
#include "tests/support/fake_rng.h"
#include "tests/support/status_matchers.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::tools {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;
using v1::RegisterTokenRequest;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);
constexpr std::string_view kRfcSeed = "12345678901234567890";

RegisterTokenRequest Yubico(std::string_view public_id) {
  RegisterTokenRequest description;
  description.mutable_yubico()->set_public_id(std::string(public_id));
  return description;
}

RegisterTokenRequest Hotp() {
  RegisterTokenRequest registration;
  registration.mutable_hotp()->set_secret(std::string(kRfcSeed));
  return registration;
}

RegisterTokenRequest Totp() {
  RegisterTokenRequest registration;
  registration.mutable_totp()->set_secret(std::string(kRfcSeed));
  registration.mutable_totp()->set_digits(8);
  return registration;
}

RegisterTokenRequest Motp() {
  RegisterTokenRequest registration;
  registration.mutable_motp()->set_secret("0123456789ABCDEF");
  registration.mutable_motp()->set_pin("6666");
  return registration;
}

// A Yubico token and what is read back from its codes.
class YubicoToken : public ::testing::Test {
 protected:
  yubico::OtpBlock Next(UnixTime now = kNow) {
    const StatusOr<std::string> code = token_.NextCode(now, rng_);
    PAWL_CHECK(code.ok());
    const std::optional<yubico::OtpText> text = yubico::ParseModhex(*code);
    PAWL_CHECK(text.has_value());
    EXPECT_EQ(text->public_id, "vvcccccccccb");
    const v1::YubicoToken& secrets = token_.registration().yubico();
    const std::optional<yubico::OtpBlock> block = yubico::Open(
        text->cipher, AsBytes(secrets.aes_key()).first<yubico::kAesKeySize>(),
        AsBytes(secrets.private_id()).first<yubico::kPrivateIdSize>());
    PAWL_CHECK(block.has_value());
    return *block;
  }

  FakeRng rng_;
  SoftwareToken token_ = *SoftwareToken::Generate(Yubico("vvcccccccccb"), rng_);
};

TEST_F(YubicoToken, BeginsWithUseCounterOneAndSessionUseZero) {
  const yubico::OtpBlock block = Next();
  EXPECT_EQ(block.use_counter, 1);
  EXPECT_EQ(block.session_use, 0);
  EXPECT_FALSE(block.caps_lock);
}

TEST_F(YubicoToken, MovesItsPositionForwardWithEveryCode) {
  uint64_t last = PositionOf(Next());
  for (int i = 0; i < 600; ++i) {
    const uint64_t position = PositionOf(Next());
    EXPECT_EQ(position, last + 1);
    last = position;
  }
  EXPECT_EQ(last >> 8, 3U);  // 601 codes need three use counters
}

TEST_F(YubicoToken, RaisesTheUseCounterOnAPowerCycle) {
  Next();
  Next();
  ASSERT_THAT(token_.PowerCycle(kNow, rng_), IsOk());
  const yubico::OtpBlock block = Next();
  EXPECT_EQ(block.use_counter, 2);
  EXPECT_EQ(block.session_use, 0);
}

TEST_F(YubicoToken, CountsEightTicksASecond) {
  const uint32_t start = Next().timestamp;
  constexpr uint32_t kMask = 0xffffff;
  EXPECT_EQ(Next(kNow + Millis(1000)).timestamp, (start + 8) & kMask);
  EXPECT_EQ(Next(kNow + Millis(1100)).timestamp, (start + 8) & kMask);
  EXPECT_EQ(Next(kNow + Millis(1125)).timestamp, (start + 9) & kMask);
  // 2^24 ticks later it has wrapped to where it was.
  EXPECT_EQ(Next(kNow + Millis(2'097'152'000)).timestamp, start);
}

TEST_F(YubicoToken, StartsItsClockAnewOnAPowerCycle) {
  const uint32_t before = Next().timestamp;
  ASSERT_THAT(token_.PowerCycle(kNow, rng_), IsOk());
  EXPECT_NE(Next().timestamp, before);
}

TEST_F(YubicoToken, StopsWhenTheUseCounterIsUsedUp) {
  YubicoState state = token_.yubico();
  state.use_counter = 0x7fff;
  state.session_uses = 255;
  StatusOr<SoftwareToken> worn =
      SoftwareToken::Restore(token_.registration(), state);
  ASSERT_THAT(worn, IsOk());
  EXPECT_THAT(worn->NextCode(kNow, rng_), IsOk());
  EXPECT_THAT(worn->NextCode(kNow, rng_),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(worn->PowerCycle(kNow, rng_),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(RandomPublicId, IsTwelveModhexLettersOfAnOwnersKey) {
  FakeRng rng;
  const std::string id = RandomPublicId(rng);
  EXPECT_EQ(id.size(), 12U);
  EXPECT_TRUE(yubico::IsModhex(id));
  EXPECT_EQ(id.substr(0, 2), "vv");
  EXPECT_NE(RandomPublicId(rng), id);
}

TEST(Generate, MakesSecretsThatFitTheKind) {
  FakeRng rng;
  const SoftwareToken yubico = *SoftwareToken::Generate(Yubico(""), rng);
  EXPECT_EQ(yubico.registration().yubico().aes_key().size(), 16U);
  EXPECT_EQ(yubico.registration().yubico().private_id().size(), 6U);
  RegisterTokenRequest description;
  description.mutable_hotp()->set_hash(v1::HASH_ALGORITHM_SHA512);
  const SoftwareToken hotp = *SoftwareToken::Generate(description, rng);
  EXPECT_EQ(hotp.registration().hotp().secret().size(), 64U);
  description.mutable_totp();
  const SoftwareToken totp = *SoftwareToken::Generate(description, rng);
  EXPECT_EQ(totp.registration().totp().secret().size(), 20U);
  description.mutable_motp();
  const SoftwareToken motp = *SoftwareToken::Generate(description, rng);
  EXPECT_EQ(motp.registration().motp().secret().size(), 32U);
  EXPECT_EQ(motp.registration().motp().pin().size(), 4U);
}

TEST(Generate, NeverMakesTheSameSecretTwice) {
  FakeRng rng;
  RegisterTokenRequest description;
  description.mutable_totp();
  const SoftwareToken one = *SoftwareToken::Generate(description, rng);
  const SoftwareToken two = *SoftwareToken::Generate(description, rng);
  EXPECT_NE(one.registration().totp().secret(),
            two.registration().totp().secret());
}

TEST(Hotp, GivesTheCodesOfRfc4226) {
  FakeRng rng;
  SoftwareToken token = *SoftwareToken::Restore(Hotp());
  for (const char* code : {"755224", "287082", "359152"}) {
    EXPECT_THAT(token.NextCode(kNow, rng), IsOkAndHolds(std::string(code)));
  }
  EXPECT_EQ(token.registration().hotp().counter(), 3);
}

TEST(Hotp, TypesItsTokenIdentifierInFront) {
  FakeRng rng;
  RegisterTokenRequest registration = Hotp();
  registration.mutable_hotp()->set_token_identifier("ubhe00004711");
  SoftwareToken token = *SoftwareToken::Restore(registration);
  EXPECT_THAT(token.NextCode(kNow, rng),
              IsOkAndHolds(std::string("ubhe00004711755224")));
}

TEST(Totp, GivesTheCodesOfRfc6238AndKeepsNoCounter) {
  FakeRng rng;
  SoftwareToken token = *SoftwareToken::Restore(Totp());
  const UnixTime time = FromUnixMillis(59'999);
  EXPECT_THAT(token.NextCode(time, rng), IsOkAndHolds(std::string("94287082")));
  EXPECT_THAT(token.NextCode(time, rng), IsOkAndHolds(std::string("94287082")));
  EXPECT_THAT(token.NextCode(FromUnixMillis(1'111'111'109'000), rng),
              IsOkAndHolds(std::string("07081804")));
}

TEST(Totp, HasNoCodeBeforeItsFirstStep) {
  FakeRng rng;
  RegisterTokenRequest registration = Totp();
  registration.mutable_totp()->mutable_start_time()->set_seconds(100);
  SoftwareToken token = *SoftwareToken::Restore(registration);
  EXPECT_THAT(token.NextCode(FromUnixMillis(99'999), rng),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(token.NextCode(FromUnixMillis(100'000), rng), IsOk());
}

TEST(Motp, GivesThePublishedCodeForASecretInEitherCase) {
  FakeRng rng;
  SoftwareToken token = *SoftwareToken::Restore(Motp());
  EXPECT_THAT(token.NextCode(FromUnixMillis(1'296'121'200'000), rng),
              IsOkAndHolds(std::string("6ed4e4")));
}

TEST(CodePeriod, IsTheStepOfTimeBasedTokensAndZeroForCounters) {
  RegisterTokenRequest slow = Totp();
  slow.mutable_totp()->mutable_period()->set_seconds(60);
  EXPECT_EQ(SoftwareToken::Restore(Totp())->CodePeriod(), Millis(30'000));
  EXPECT_EQ(SoftwareToken::Restore(slow)->CodePeriod(), Millis(60'000));
  EXPECT_EQ(SoftwareToken::Restore(Motp())->CodePeriod(), Millis(10'000));
  EXPECT_EQ(SoftwareToken::Restore(Hotp())->CodePeriod(), Millis(0));
}

TEST(PowerCycle, IsRefusedByOtherKinds) {
  FakeRng rng;
  SoftwareToken token = *SoftwareToken::Restore(Hotp());
  EXPECT_THAT(token.PowerCycle(kNow, rng),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(Restore, RefusesWhatNoTokenCanBe) {
  struct Case {
    const char* field = "";
    RegisterTokenRequest registration{};
  };
  std::vector<Case> cases = {{"kind", {}},
                             {"aes_key", Yubico("vv")},
                             {"public_id", Yubico("vvc")},
                             {"public_id", Yubico("aa")},
                             {"digits", Totp()},
                             {"period", Totp()},
                             {"secret", Totp()},
                             {"token_identifier", Hotp()},
                             {"counter", Hotp()},
                             {"hash", Hotp()},
                             {"secret", Motp()},
                             {"pin", Motp()}};
  cases[1].registration.mutable_yubico()->set_private_id("123456");
  cases[4].registration.mutable_totp()->set_digits(9);
  cases[5].registration.mutable_totp()->mutable_period()->set_seconds(9);
  cases[6].registration.mutable_totp()->set_secret("123456789012345");
  cases[7].registration.mutable_hotp()->set_token_identifier("UBHE00004711");
  cases[8].registration.mutable_hotp()->set_counter(-1);
  cases[9].registration.mutable_hotp()->set_hash(
      static_cast<v1::HashAlgorithm>(9));
  cases[10].registration.mutable_motp()->set_secret("0123456789abcde");
  cases[11].registration.mutable_motp()->set_pin("12a4");
  for (const Case& test : cases) {
    EXPECT_THAT(SoftwareToken::Restore(test.registration),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(test.field)));
  }
}

TEST(Restore, RefusesCountersThatNoKeyReaches) {
  FakeRng rng;
  const RegisterTokenRequest registration =
      SoftwareToken::Generate(Yubico(""), rng)->registration();
  EXPECT_THAT(SoftwareToken::Restore(registration, {.use_counter = 0x8000}),
              Not(IsOk()));
  EXPECT_THAT(SoftwareToken::Restore(registration, {.session_uses = 257}),
              Not(IsOk()));
}

}  // namespace
}  // namespace pawl::tools
