#include "oath/totp.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "oath/hotp.h"
#include "tests/support/hex.h"
#include "tests/support/vectors.h"

namespace pawl::oath {
namespace {

using ::pawl::testing::FromHex;
using ::pawl::testing::Json;
using ::pawl::testing::LoadVectors;
using ::pawl::testing::OptionalMember;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

const Bytes kKey = FromHex("3132333435363738393031323334353637383930");

std::string TextAt(const Json& object, const char* name) {
  return object.at(name).get<std::string>();
}

Hash HashOf(const Json& vector) {
  const std::string name = TextAt(vector, "hash");
  PAWL_CHECK(name == "sha1" || name == "sha256" || name == "sha512");
  return name == "sha1"     ? Hash::kSha1
         : name == "sha256" ? Hash::kSha256
                            : Hash::kSha512;
}

Bytes SeedOf(const Json& vectors, const Json& vector) {
  return FromHex(
      TextAt(vectors.at("seeds_hex"), TextAt(vector, "hash").c_str()));
}

TEST(TotpVectors, AppendixBAgrees) {
  const Json vectors = LoadVectors("totp_rfc6238.json");
  ASSERT_EQ(vectors.at("rfc6238_appendix_b").size(), 18U);
  for (const Json& vector : vectors.at("rfc6238_appendix_b")) {
    SCOPED_TRACE(vector.dump());
    const std::optional<uint64_t> step = StepAt(
        vector.at("time").get<int64_t>(), vectors.at("t0").get<int64_t>(),
        vectors.at("step").get<int64_t>());
    ASSERT_TRUE(step.has_value());
    EXPECT_EQ(*step, std::stoull(TextAt(vector, "T_hex"), nullptr, 16));
    const Bytes seed = SeedOf(vectors, vector);
    const Hash hash = HashOf(vector);
    EXPECT_EQ(Hotp(seed, *step, 8, hash), TextAt(vector, "otp8"));
    EXPECT_EQ(Hotp(seed, *step, 6, hash), TextAt(vector, "otp6"));
    EXPECT_EQ(
        FindTotp(seed, TextAt(vector, "otp8"), 8, hash, {}, *step, 0).fresh,
        *step);
  }
}

TEST(TotpVectors, TheShortSeedOfTheRfcTextGivesOtherCodes) {
  const Json vectors = LoadVectors("totp_rfc6238.json");
  ASSERT_FALSE(vectors.at("wrong_if_20_byte_seed_used").empty());
  for (const Json& vector : vectors.at("wrong_if_20_byte_seed_used")) {
    const std::optional<uint64_t> step =
        StepAt(vector.at("time").get<int64_t>(), 0, 30);
    ASSERT_TRUE(step.has_value());
    EXPECT_EQ(Hotp(kKey, *step, 8, HashOf(vector)),
              TextAt(vector, "wrong_otp8"));
    EXPECT_NE(Hotp(SeedOf(vectors, vector), *step, 8, HashOf(vector)),
              TextAt(vector, "wrong_otp8"));
  }
}

TEST(TotpVectors, ExtraOnesAgree) {
  const Json vectors = LoadVectors("totp_rfc6238.json");
  ASSERT_FALSE(vectors.at("extra").empty());
  for (const Json& vector : vectors.at("extra")) {
    SCOPED_TRACE(vector.dump());
    const std::optional<uint64_t> step =
        StepAt(vector.at("time").get<int64_t>(), vector.at("t0").get<int64_t>(),
               vector.at("step").get<int64_t>());
    ASSERT_EQ(step, vector.at("T").get<uint64_t>());
    EXPECT_EQ(Hotp(FromHex(TextAt(vector, "secret_hex")), *step,
                   vector.at("digits").get<int>(), HashOf(vector)),
              TextAt(vector, "otp"));
  }
}

TEST(TotpVectors, WindowAndReplayAgree) {
  const Json vectors = LoadVectors("totp_rfc6238.json").at("window_and_replay");
  const auto now = vectors.at("T_now").get<uint64_t>();
  EXPECT_EQ(StepAt(vectors.at("now").get<int64_t>(), 0,
                   vectors.at("step").get<int64_t>()),
            now);
  ASSERT_FALSE(vectors.at("cases").empty());
  for (const Json& c : vectors.at("cases")) {
    SCOPED_TRACE(c.dump());
    const WindowMatch match =
        FindTotp(FromHex(TextAt(vectors, "secret_hex")), TextAt(c, "otp"),
                 vectors.at("digits").get<int>(), HashOf(vectors),
                 OptionalMember<uint64_t>(c, "last_accepted_step"), now,
                 c.at("window").get<uint64_t>());
    ASSERT_EQ(match.fresh.has_value(), c.at("accept").get<bool>());
    if (match.fresh.has_value()) {
      EXPECT_EQ(*match.fresh, c.at("new_last_accepted_step"));
    }
  }
}

TEST(StepAt, RoundsDownAndNeedsNoPast) {
  EXPECT_EQ(StepAt(29, 0, 30), 0U);
  EXPECT_EQ(StepAt(30, 0, 30), 1U);
  EXPECT_EQ(StepAt(100, 100, 30), 0U);
  EXPECT_EQ(StepAt(99, 100, 30), std::nullopt);
  EXPECT_EQ(StepAt(-1, 0, 30), std::nullopt);
  EXPECT_EQ(StepAt(-1, -31, 30), 1U);
}

TEST(StepAt, DoesNotOverflow) {
  EXPECT_EQ(StepAt(kMax, kMin, 1), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(StepAt(kMin, kMax, 1), std::nullopt);
  EXPECT_EQ(StepAt(kMin, kMin, kMax), 0U);
  EXPECT_EQ(StepAt(kMax, 0, kMax), 1U);
}

TEST(StepAtDeathTest, WantsAPositivePeriod) {
  EXPECT_DEATH((void)StepAt(0, 0, 0), "check_failed");
  EXPECT_DEATH((void)StepAt(0, 0, -30), "check_failed");
}

TEST(FindTotp, LooksToBothSidesInclusive) {
  for (const uint64_t step : {97U, 98U, 100U, 103U}) {
    const std::string code = Hotp(kKey, step, 8, Hash::kSha256);
    EXPECT_EQ(FindTotp(kKey, code, 8, Hash::kSha256, {}, 100, 3).fresh, step);
  }
  for (const uint64_t step : {96U, 104U}) {
    const std::string code = Hotp(kKey, step, 8, Hash::kSha256);
    EXPECT_EQ(FindTotp(kKey, code, 8, Hash::kSha256, {}, 100, 3).fresh,
              std::nullopt);
  }
}

TEST(FindTotp, ReportsUsedAndPassedStepsAsStale) {
  for (const uint64_t step : {98U, 99U}) {
    const WindowMatch match = FindTotp(kKey, Hotp(kKey, step, 8, Hash::kSha1),
                                       8, Hash::kSha1, 99, 100, 3);
    EXPECT_EQ(match.fresh, std::nullopt);
    EXPECT_EQ(match.stale, step);
  }
}

TEST(FindTotp, WorksNearStepZero) {
  const WindowMatch match =
      FindTotp(kKey, Hotp(kKey, 0, 8, Hash::kSha1), 8, Hash::kSha1, {}, 1, 5);
  EXPECT_EQ(match.fresh, 0U);
  // Below 0 is nothing: not the other end of the numbers.
  const std::string wrapped = Hotp(kKey, ~uint64_t{0}, 8, Hash::kSha1);
  EXPECT_EQ(FindTotp(kKey, wrapped, 8, Hash::kSha1, {}, 1, 5).fresh,
            std::nullopt);
}

TEST(FindTotp, CapsTheWindow) {
  constexpr uint64_t kCenter = 1'000'000;
  const auto find = [](uint64_t step) {
    return FindTotp(kKey, Hotp(kKey, step, 8, Hash::kSha1), 8, Hash::kSha1, {},
                    kCenter, kCenter)
        .fresh;
  };
  EXPECT_EQ(find(kCenter + kMaxWindow), kCenter + kMaxWindow);
  EXPECT_EQ(find(kCenter + kMaxWindow + 1), std::nullopt);
  EXPECT_EQ(find(kCenter - kMaxWindow - 1), std::nullopt);
}

}  // namespace
}  // namespace pawl::oath
