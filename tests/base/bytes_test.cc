#include "base/bytes.h"

#include <gtest/gtest.h>

#include "tests/support/fake_rng.h"

namespace pawl {
namespace {

using ::pawl::testing::FakeRng;

std::string TextOf(const std::optional<Bytes>& bytes) {
  return bytes.has_value() ? std::string(AsText(*bytes)) : "refused";
}

TEST(Bytes, ViewsGoBothWays) {
  EXPECT_EQ(AsText(AsBytes("ab\xff")), "ab\xff");
  EXPECT_EQ(AsBytes("ab\xff")[2], 0xff);
}

TEST(Hex, WritesLowerCase) {
  EXPECT_EQ(HexEncode(Bytes{0x00, 0x0f, 0xab, 0xff}), "000fabff");
  EXPECT_EQ(HexEncode({}), "");
}

TEST(Hex, ReadsEitherCase) {
  EXPECT_EQ(HexDecode("000fabFF"), (Bytes{0x00, 0x0f, 0xab, 0xff}));
  EXPECT_EQ(HexDecode(""), Bytes());
}

TEST(Hex, RefusesWhatIsNotHex) {
  for (const std::string_view text :
       {"0", "abc", "0g", "0x00", " 00", "00 ", "00\n", "-1", "\xc3\xa4"}) {
    EXPECT_EQ(HexDecode(text), std::nullopt) << text;
  }
  EXPECT_EQ(HexDecode(std::string_view("0\0", 2)), std::nullopt);
}

struct Form {
  std::string_view plain;
  std::string_view base32;  // without padding
  std::string_view base32_padding;
  std::string_view base64;
};

// RFC 4648 section 10.
constexpr Form kForms[] = {
    {"", "", "", ""},
    {"f", "MY", "======", "Zg=="},
    {"fo", "MZXQ", "====", "Zm8="},
    {"foo", "MZXW6", "===", "Zm9v"},
    {"foob", "MZXW6YQ", "=", "Zm9vYg=="},
    {"fooba", "MZXW6YTB", "", "Zm9vYmE="},
    {"foobar", "MZXW6YTBOI", "======", "Zm9vYmFy"},
};

TEST(Base32, AgreesWithTheRfc) {
  for (const Form& form : kForms) {
    EXPECT_EQ(Base32Encode(AsBytes(form.plain)), form.base32);
    EXPECT_EQ(TextOf(Base32Decode(form.base32)), form.plain);
    const std::string padded =
        std::string(form.base32) + std::string(form.base32_padding);
    EXPECT_EQ(TextOf(Base32Decode(padded)), form.plain);
  }
}

TEST(Base32, ReadsWhatPeopleType) {
  for (const std::string_view text :
       {"mzxw6ytboi", "MZXW 6YTB OI", "mzxw-6ytb-oi", " MZXW6YTBOI ",
        "MZXW6YTB OI==== ==", "mZxW6yTbOi"}) {
    EXPECT_EQ(TextOf(Base32Decode(text)), "foobar") << text;
  }
}

TEST(Base32, RefusesWhatIsNoBase32) {
  for (const std::string_view text : {
           "M",          "MZX",
           "MZXW6Y",     "MZXW6YTBO",  // impossible lengths
           "M0",         "M1",
           "M8",         "M9",
           "M_",         "M\n",
           "M\t",        "M\xc3\xa4",
           "MZ",         "MZXR",
           "MZXW7",      "MZXW6YR",  // left-over bits
           "MY=",        "MY=====",
           "MY=======",  "MZXW6===MY",
           "MY======MY", "=",
           "========",   "MZXW6YTB========",
       }) {
    EXPECT_EQ(TextOf(Base32Decode(text)), "refused") << text;
  }
}

TEST(Base64, AgreesWithTheRfc) {
  for (const Form& form : kForms) {
    EXPECT_EQ(Base64Encode(AsBytes(form.plain)), form.base64);
    EXPECT_EQ(TextOf(Base64Decode(form.base64)), form.plain);
  }
  EXPECT_EQ(Base64Encode(Bytes{0xfb, 0xff, 0xfe}), "+//+");
  EXPECT_EQ(Base64Decode("+//+"), (Bytes{0xfb, 0xff, 0xfe}));
}

TEST(Base64, RefusesWhatIsNoBase64) {
  for (const std::string_view text : {
           "Z", "Zg", "Zg=", "Zm8", "Zg===", "Zg======", "====", "===", "=",
           "Zm9v Zm9v", "Zm9v\n", "Zm-v", "Zm_v",
           "Z=g=", "Zg==Zg==", "Zh==", "Zm9=",  // left-over bits
       }) {
    EXPECT_EQ(TextOf(Base64Decode(text)), "refused") << text;
  }
}

TEST(Bytes, EveryFormReadsWhatItWrites) {
  FakeRng rng;
  for (size_t size = 0; size < 100; ++size) {
    Bytes bytes(size);
    rng.Fill(bytes);
    EXPECT_EQ(HexDecode(HexEncode(bytes)), bytes);
    EXPECT_EQ(Base32Decode(Base32Encode(bytes)), bytes);
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
  }
}

}  // namespace
}  // namespace pawl
