#include "oath/hotp.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/hex.h"
#include "tests/support/vectors.h"

namespace pawl::oath {
namespace {

using ::pawl::testing::FromHex;
using ::pawl::testing::Json;
using ::pawl::testing::LoadVectors;
using ::pawl::testing::OptionalMember;

constexpr uint64_t kMaxPosition = std::numeric_limits<int64_t>::max();
constexpr uint64_t kLast = std::numeric_limits<uint64_t>::max();

const Bytes kKey = FromHex("3132333435363738393031323334353637383930");

Bytes SecretOf(const Json& vector) {
  return FromHex(vector.at("secret_hex").get<std::string>());
}

// The server's "next expected counter" as our "last used".
std::optional<uint64_t> LastBefore(uint64_t next) {
  return next == 0 ? std::nullopt : std::optional<uint64_t>(next - 1);
}

void ExpectCodes(const Bytes& key, const Json& vector) {
  const auto counter = vector.at("counter").get<uint64_t>();
  for (const int digits : {6, 7, 8}) {
    const auto code = OptionalMember<std::string>(
        vector, ("otp" + std::to_string(digits)).c_str());
    if (code.has_value()) {
      EXPECT_EQ(Hotp(key, counter, digits, Hash::kSha1), *code);
    }
  }
}

TEST(HotpVectors, CodesAgree) {
  const Json vectors = LoadVectors("hotp_rfc4226.json");
  ASSERT_EQ(vectors.at("rfc4226_appendix_d").size(), 10U);
  for (const Json& vector : vectors.at("rfc4226_appendix_d")) {
    ExpectCodes(SecretOf(vectors), vector);
  }
  for (const char* list : {"extra", "leading_zero"}) {
    ASSERT_FALSE(vectors.at(list).empty());
    for (const Json& vector : vectors.at(list)) {
      SCOPED_TRACE(vector.dump());
      ExpectCodes(SecretOf(vector), vector);
    }
  }
}

TEST(HotpVectors, LookAheadAgrees) {
  const Json vectors = LoadVectors("hotp_rfc4226.json").at("look_ahead");
  const int digits = vectors.at("digits").get<int>();
  ASSERT_FALSE(vectors.at("cases").empty());
  for (const Json& c : vectors.at("cases")) {
    SCOPED_TRACE(c.dump());
    const auto next = c.at("server_counter").get<uint64_t>();
    const WindowMatch match =
        FindHotp(SecretOf(vectors), c.at("otp").get<std::string>(), digits,
                 Hash::kSha1, LastBefore(next), c.at("window").get<uint64_t>());
    ASSERT_EQ(match.fresh.has_value(), c.at("accept").get<bool>());
    if (match.fresh.has_value()) {
      EXPECT_EQ(*match.fresh + 1, c.at("new_server_counter"));
    }
  }
}

TEST(HotpVectors, ResyncAgrees) {
  const Json vectors = LoadVectors("hotp_rfc4226.json").at("resync");
  ASSERT_FALSE(vectors.at("cases").empty());
  for (const Json& c : vectors.at("cases")) {
    SCOPED_TRACE(c.dump());
    const auto first = c.at("otps").at(0).get<std::string>();
    const auto second = c.at("otps").at(1).get<std::string>();
    const std::optional<uint64_t> found = FindHotpPair(
        SecretOf(vectors), {first, second}, vectors.at("digits").get<int>(),
        Hash::kSha1, c.at("server_counter").get<uint64_t>(),
        vectors.at("resync_window").get<uint64_t>());
    ASSERT_EQ(found.has_value(), c.at("accept").get<bool>());
    if (found.has_value()) {
      EXPECT_EQ(*found + 2, c.at("new_server_counter"));
    }
  }
}

TEST(HotpVectors, CodesBehindATokenIdentifierAgree) {
  const Json vectors = LoadVectors("hotp_rfc4226.json");
  ASSERT_FALSE(vectors.at("yubikey_token_identifier").empty());
  for (const Json& vector : vectors.at("yubikey_token_identifier")) {
    const int digits = OptionalMember<int>(vector, "digits").value_or(6);
    EXPECT_EQ(Hotp(SecretOf(vectors), vector.at("counter").get<uint64_t>(),
                   digits, Hash::kSha1),
              vector.at("otp"));
  }
}

TEST(Hotp, UsesTheLastByteOfLongerDigests) {
  // From RFC 6238 appendix B: time step 1.
  const Bytes key32 = FromHex(
      "31323334353637383930313233343536373839303132333435363738393031"
      "32");
  EXPECT_EQ(Hotp(key32, 1, 8, Hash::kSha256), "46119246");
}

TEST(HotpCodes, GivesTheSameCodesAsSingleCalls) {
  HotpCodes codes(kKey, 8, Hash::kSha512);
  for (const uint64_t counter :
       {uint64_t{7}, uint64_t{0}, uint64_t{7}, kLast}) {
    EXPECT_EQ(codes.At(counter), Hotp(kKey, counter, 8, Hash::kSha512));
  }
}

TEST(HotpDeathTest, RefusesOtherNumbersOfDigits) {
  for (const int digits : {-1, 0, 5, 9}) {
    EXPECT_DEATH((void)Hotp(kKey, 0, digits, Hash::kSha1), "check_failed");
  }
}

TEST(IsCode, WantsExactlyTheDigits) {
  EXPECT_TRUE(IsCode("000000", 6));
  EXPECT_TRUE(IsCode("12345678", 8));
  for (const std::string_view code :
       {"", "12345", "1234567", "12345a", " 12345", "+12345", "-12345",
        "12345\n", "\xd9\xa1\xd9\xa2\xd9\xa3", "1e2345"}) {
    EXPECT_FALSE(IsCode(code, 6)) << code;
  }
  EXPECT_FALSE(IsCode(std::string_view("12345\0", 6), 6));
}

TEST(FindHotp, BeginsAtZeroWhenNothingWasUsed) {
  const std::string code = Hotp(kKey, 0, 6, Hash::kSha1);
  const WindowMatch match = FindHotp(kKey, code, 6, Hash::kSha1, {}, 0);
  EXPECT_EQ(match.fresh, 0U);
  EXPECT_EQ(match.stale, std::nullopt);
}

TEST(FindHotp, ReportsTheLastUsedCodeAsStaleAndNoOlderOne) {
  const WindowMatch replay =
      FindHotp(kKey, Hotp(kKey, 5, 6, Hash::kSha1), 6, Hash::kSha1, 5, 10);
  EXPECT_EQ(replay.fresh, std::nullopt);
  EXPECT_EQ(replay.stale, 5U);
  const WindowMatch older =
      FindHotp(kKey, Hotp(kKey, 4, 6, Hash::kSha1), 6, Hash::kSha1, 5, 10);
  EXPECT_EQ(older.fresh, std::nullopt);
  EXPECT_EQ(older.stale, std::nullopt);
}

TEST(FindHotp, IncludesTheLastCounterOfTheWindow) {
  for (const uint64_t counter : {6U, 16U}) {
    EXPECT_EQ(FindHotp(kKey, Hotp(kKey, counter, 8, Hash::kSha1), 8,
                       Hash::kSha1, 5, 10)
                  .fresh,
              counter);
  }
  EXPECT_EQ(
      FindHotp(kKey, Hotp(kKey, 17, 8, Hash::kSha1), 8, Hash::kSha1, 5, 10)
          .fresh,
      std::nullopt);
}

TEST(FindHotp, CapsTheWindow) {
  const std::string inside = Hotp(kKey, kMaxWindow, 8, Hash::kSha1);
  const std::string outside = Hotp(kKey, kMaxWindow + 1, 8, Hash::kSha1);
  EXPECT_EQ(FindHotp(kKey, inside, 8, Hash::kSha1, {}, kLast).fresh,
            kMaxWindow);
  EXPECT_EQ(FindHotp(kKey, outside, 8, Hash::kSha1, {}, kLast).fresh,
            std::nullopt);
}

TEST(FindHotp, WorksAtTheEndOfTheCounters) {
  for (const uint64_t last : {kMaxPosition - 1, kMaxPosition, kLast - 1}) {
    EXPECT_EQ(FindHotp(kKey, Hotp(kKey, last + 1, 8, Hash::kSha1), 8,
                       Hash::kSha1, last, 5)
                  .fresh,
              last + 1);
  }
  // After the last counter there is nothing, above all not counter 0.
  for (const uint64_t counter : {uint64_t{0}, uint64_t{1}, kLast}) {
    EXPECT_EQ(FindHotp(kKey, Hotp(kKey, counter, 8, Hash::kSha1), 8,
                       Hash::kSha1, kLast, 5)
                  .fresh,
              std::nullopt);
  }
}

TEST(FindHotpPair, WorksAtTheEndOfTheCounters) {
  const auto pair = [](uint64_t counter) {
    return std::pair(Hotp(kKey, counter, 8, Hash::kSha1),
                     Hotp(kKey, counter + 1, 8, Hash::kSha1));
  };
  EXPECT_EQ(FindHotpPair(kKey, pair(kMaxPosition), 8, Hash::kSha1,
                         kMaxPosition - 3, 10),
            kMaxPosition);
  EXPECT_EQ(FindHotpPair(kKey, pair(kLast - 1), 8, Hash::kSha1, kLast - 3, 10),
            kLast - 1);
  EXPECT_EQ(FindHotpPair(kKey, pair(kLast), 8, Hash::kSha1, kLast - 3, 10),
            std::nullopt);
}

}  // namespace
}  // namespace pawl::oath
