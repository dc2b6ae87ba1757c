#include "validator/core/typed_code.h"

#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_rng.h"
#include "tests/support/hex.h"
#include "validator/core/credential.h"

namespace pawl::validator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kPassword =
    "28t5cy-4tvtpv-xvr024-h36h2n-csvrh6-daqfzj";
constexpr std::string_view kCode = "zveb-n63p-ags1-03ry";
constexpr std::string_view kCodeLetters = "zvebn63pags103ry";

std::string Without(std::string_view text, char gone) {
  std::string rest(text);
  rest.erase(std::remove(rest.begin(), rest.end(), gone), rest.end());
  return rest;
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return upper;
}

// Computed with Python: hashlib.sha256 and integers.
TEST(DevicePassword, IsWrittenAsComputedElsewhere) {
  struct Case {
    uint64_t device = 0;
    const char* random = nullptr;
    std::string_view text{};
  };
  const Case cases[] = {
      {1, "000102030405060708090a0b0c0d0e0f10",
       "000000-01000g-40r40m-30e209-185gr3-8e1wgj"},
      {db::kMaxDeviceId, "ffffffffffffffffffffffffffffffffff",
       "zzzzzz-zzzzzz-zzzzzz-zzzzzz-zzzzzz-zzzzw8"},
      {0x123456789a, "deadbeef00112233445566778899aabbcc", kPassword},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(FormatDevicePassword(c.device, testing::FromHex(c.random)),
              c.text);
    const std::optional<DevicePassword> read = ReadDevicePassword(c.text);
    ASSERT_TRUE(read.has_value()) << c.text;
    EXPECT_EQ(read->device, c.device);
    EXPECT_EQ(read->secret, Without(c.text, '-').substr(8, 26));
  }
}

TEST(DevicePassword, EveryUsedBitCountsAndTheSurplusIsDropped) {
  std::array<uint8_t, kDeviceRandomBytes> random{};
  const std::string zero = FormatDevicePassword(7, random);
  for (size_t bit = 0; bit < random.size() * 8; ++bit) {
    random[bit / 8] = static_cast<uint8_t>(0x80U >> bit % 8);
    EXPECT_EQ(FormatDevicePassword(7, random) == zero, bit >= 130) << bit;
    random[bit / 8] = 0;
  }
}

TEST(DevicePassword, IsReadHoweverPeopleTypeIt) {
  // One with 0 and 1 in it, to be typed as the letters they look like.
  std::string lookalike = "000000-01000g-40r40m-30e209-185gr3-8e1wgj";
  std::replace(lookalike.begin(), lookalike.end(), '0', 'O');
  std::string as_i = lookalike;
  std::replace(as_i.begin(), as_i.end(), '1', 'I');
  std::string as_l = lookalike;
  std::replace(as_l.begin(), as_l.end(), '1', 'l');
  std::string as_small = as_i;
  std::replace(as_small.begin(), as_small.end(), 'O', 'o');
  std::replace(as_small.begin(), as_small.end(), 'I', 'i');
  const std::string secret = "000g40r40m30e209185gr38e1w";
  for (const std::string& typed :
       {lookalike, as_i, as_l, as_small, Upper(as_l), Without(as_i, '-'),
        "  " + as_i + "- ", as_i + "\r\n"}) {
    const std::optional<DevicePassword> read = ReadDevicePassword(typed);
    ASSERT_TRUE(read.has_value()) << typed;
    EXPECT_EQ(read->device, 1U);
    EXPECT_EQ(read->secret, secret);
  }
}

TEST(DevicePassword, OneWrongLetterAnywhereIsNoticed) {
  // The checksum has ten bits: of 36 * 31 wrong letters, about one passes.
  int passed = 0;
  const std::string letters = Without(kPassword, '-');
  for (size_t at = 0; at < letters.size(); ++at) {
    for (const char letter : kAlphabet) {
      std::string wrong = letters;
      wrong[at] = letter;
      passed += wrong != letters && ReadDevicePassword(wrong).has_value();
    }
  }
  EXPECT_LE(passed, 5);
}

TEST(DevicePassword, WhatIsNoneIsRefused) {
  const std::string letters = Without(kPassword, '-');
  const std::string cases[] = {
      "",
      "correct horse battery staple",
      letters.substr(1),
      letters + "0",
      letters.substr(0, 35),
      "u" + letters.substr(1),  // in base32, but not in Crockford's
      letters.substr(0, 35) + "\xff",
      letters.substr(0, 18) + '\0' + letters.substr(18),
      letters.substr(0, 18) + '\n' + letters.substr(18),
      std::string(kPassword) + std::string(128, ' '),
  };
  for (const std::string& typed : cases) {
    EXPECT_FALSE(ReadDevicePassword(typed).has_value()) << typed;
  }
}

TEST(DevicePassword, TheLengthIsBoundedInBytes) {
  std::string typed(kPassword);
  typed.resize(kMaxDevicePasswordBytes, ' ');
  EXPECT_TRUE(ReadDevicePassword(typed).has_value());
  typed += ' ';
  EXPECT_FALSE(ReadDevicePassword(typed).has_value());
}

TEST(DevicePassword, DeviceZeroIsNobodys) {
  // Well formed and with the right checksum, computed with Python over 34
  // zeros.
  const std::string zero = "0000000000000000000000000000000000ke";
  EXPECT_FALSE(ReadDevicePassword(zero).has_value());
}

TEST(DevicePasswordDeathTest, AWrongSizeIsABug) {
  const std::array<uint8_t, kDeviceRandomBytes> random{};
  EXPECT_DEATH((void)FormatDevicePassword(0, random), "check_failed");
  EXPECT_DEATH((void)FormatDevicePassword(db::kMaxDeviceId + 1, random),
               "check_failed");
  EXPECT_DEATH((void)FormatDevicePassword(1, std::span(random).first(16)),
               "check_failed");
  EXPECT_DEATH((void)FormatRecoveryCode(random), "check_failed");
}

auto Reads(std::string_view pin, std::string_view code) {
  return ElementsAre(AllOf(Field("pin", &RecoveryReading::pin, pin),
                           Field("code", &RecoveryReading::code, code)));
}

TEST(RecoveryCode, IsWrittenAsComputedElsewhere) {
  EXPECT_EQ(FormatRecoveryCode(testing::FromHex("00010203040506070809")),
            "000g-40r4-0m30-e209");
  EXPECT_EQ(FormatRecoveryCode(testing::FromHex("fedcba98765432100f1e")),
            kCode);
}

TEST(RecoveryCode, WhatIsWrittenIsReadAgain) {
  testing::FakeRng rng;
  for (int i = 0; i < 200; ++i) {
    std::array<uint8_t, kRecoveryRandomBytes> random{};
    rng.Fill(random);
    const std::string code = FormatRecoveryCode(random);
    const std::string letters = Without(code, '-');
    EXPECT_THAT(ReadRecoveryCode("1234" + code), Reads("1234", letters));
    EXPECT_THAT(ReadRecoveryCode("1234" + letters), Reads("1234", letters));
  }
}

TEST(RecoveryCode, ThePinStaysAsTyped) {
  for (const std::string pin : {"", "PiN!", "12-34", "1234-", "1234 ", " ",
                                "pässwörd", "\xff", "000g-40r4-0m30-e209"}) {
    EXPECT_THAT(ReadRecoveryCode(pin + std::string(kCode)),
                Reads(pin, kCodeLetters));
    EXPECT_THAT(ReadRecoveryCode(pin + std::string(kCodeLetters)),
                Reads(pin, kCodeLetters));
  }
}

TEST(RecoveryCode, IsReadHoweverPeopleTypeIt) {
  for (const std::string typed :
       {"ZVEB-N63P-AGS1-03RY", "zveb n63p ags1 03ry", "zveb-n63p-agsi-O3ry",
        "zveb-n63p-agsL-o3ry", "zveb-n63p-ags1-03ry\r\n", "ZVEBN63PAGSIO3RY",
        "zvebn63pagslo3ry\n"}) {
    EXPECT_THAT(ReadRecoveryCode("1234" + typed), Reads("1234", kCodeLetters))
        << typed;
  }
}

TEST(RecoveryCode, WhatIsNoneIsRefused) {
  const std::string cases[] = {
      "",
      "1234755224",
      "zveb-n63p-ags1-03r",
      "zvebn63pags103r",
      "zvebn-63p-ags1-03ry",   // cut in other places
      "zvebn63p-ags1-03ry",    // one separator is missing
      "zveb--n63p-ags1-03ry",  // one too many
      "zveb-n63p-ags1-03ru",
      "zveb-n63p-ags1-03ry ",
      std::string("zveb-n63p-ags1-03r\0", 19),
      std::string(kMaxCredentialBytes, '1') + std::string(kCode),
  };
  for (const std::string& typed : cases) {
    EXPECT_THAT(ReadRecoveryCode(typed), IsEmpty()) << typed;
  }
}

}  // namespace
}  // namespace pawl::validator
