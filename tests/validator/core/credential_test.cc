#include "validator/core/credential.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/vectors.h"

namespace pawl::validator {
namespace {

using db::TokenKind;
using db::TokenRecord;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TokenRecord Token(TokenKind kind, int digits, const std::string& public_id) {
  TokenRecord token;
  token.kind = kind;
  token.digits = digits;
  token.public_id = public_id;
  return token;
}

TokenRecord TokenNamed(const std::string& name) {
  if (name == "hotp6") {
    return Token(TokenKind::kHotp, 6, "");
  }
  if (name == "hotp8") {
    return Token(TokenKind::kHotp, 8, "");
  }
  if (name == "motp") {
    return Token(TokenKind::kMotp, 6, "");
  }
  if (name == "yubico44") {
    return Token(TokenKind::kYubico, 32, "dteffujehknh");
  }
  EXPECT_EQ(name, "hotp6 with token identifier");
  return Token(TokenKind::kHotp, 6, "ubhe00004711");
}

// tests/vectors/pin_split.json: one credential, one token, one split.
TEST(Credential, SplitsTheVectorsFromTheRight) {
  const testing::Json file = testing::LoadVectors("pin_split.json");
  for (const testing::Json& one : file.at("cases")) {
    const std::string input = one.at("input");
    const TokenRecord token = TokenNamed(one.at("token"));
    const std::vector<Reading> readings = ReadCredential(input, {&token, 1});
    const bool too_short = input.size() < one.at("otp_len").get<size_t>();
    if (too_short) {
      EXPECT_THAT(readings, IsEmpty()) << input;
      continue;
    }
    ASSERT_THAT(readings, SizeIs(1)) << input;
    EXPECT_EQ(readings[0].pin, one.at("pin").get<std::string>()) << input;
    std::string code = one.at("otp");
    if (token.kind == TokenKind::kYubico) {
      code = code.substr(token.public_id.size());
    }
    EXPECT_EQ(readings[0].code, code) << input;
  }
}

TEST(Credential, ReadsOneTextForTokensOfDifferentLength) {
  const TokenRecord tokens[] = {TokenNamed("hotp6"), TokenNamed("hotp8"),
                                TokenNamed("yubico44")};
  const std::vector<Reading> readings = ReadCredential("123484755224", tokens);
  ASSERT_THAT(readings, SizeIs(2));
  EXPECT_EQ(readings[0].token, 0U);
  EXPECT_EQ(readings[0].pin, "123484");
  EXPECT_EQ(readings[0].code, "755224");
  EXPECT_EQ(readings[1].token, 1U);
  EXPECT_EQ(readings[1].pin, "1234");
  EXPECT_EQ(readings[1].code, "84755224");
}

TEST(Credential, ChangesCaseInTheCodeOnly) {
  const TokenRecord motp = TokenNamed("motp");
  const std::vector<Reading> readings =
      ReadCredential("PiN!6ED4E4", {&motp, 1});
  ASSERT_THAT(readings, SizeIs(1));
  EXPECT_EQ(readings[0].pin, "PiN!");
  EXPECT_EQ(readings[0].code, "6ed4e4");
  EXPECT_TRUE(readings[0].upper_case);
}

TEST(Credential, TriesModhexBeforeDvorakWhenATextIsBoth) {
  // yk042: only letters that belong to both alphabets.
  const std::string text = "cbdeghijknutcjjgdgitdkeiktehukjdhjctdbitceub";
  TokenRecord modhex = Token(TokenKind::kYubico, 32, text.substr(0, 12));
  ASSERT_THAT(ReadCredential(text, {&modhex, 1}), SizeIs(1));
  EXPECT_FALSE(ReadCredential(text, {&modhex, 1})[0].keyboard_layout);
  const std::vector<std::string> ids = PublicIdsIn(text);
  ASSERT_THAT(ids, SizeIs(2));
  EXPECT_EQ(ids[0], text.substr(0, 12));
}

TEST(Credential, ReadsDvorakWhenThePublicIdIsOnlyThere) {
  const TokenRecord token = TokenNamed("yubico44");
  const std::vector<Reading> readings = ReadCredential(
      "1234ey.uugh.dtbdhx.ggbhjcdndceyyduncbibbneeh..jh", {&token, 1});
  ASSERT_THAT(readings, SizeIs(1));
  EXPECT_EQ(readings[0].pin, "1234");
  EXPECT_TRUE(readings[0].keyboard_layout);
}

TEST(Credential, RefusesWhatNoTokenTypes) {
  const TokenRecord tokens[] = {TokenNamed("hotp6"), TokenNamed("yubico44")};
  const std::string cases[] = {
      "",
      "12345",
      "1234 75522x",
      "1234７５５２２４",  // full-width digits
      std::string("1234\0 5522", 10),
      "1234755224 ",  // a blank at the end
      "1234dteffujehknxhlfrfdiggfecbjnfflthetdtvhkutrrgf",
      std::string(kMaxCredentialBytes + 1, '1'),
  };
  for (const std::string& text : cases) {
    EXPECT_THAT(ReadCredential(text, tokens), IsEmpty()) << text;
  }
}

TEST(Credential, FindsThePublicIdOfEveryNamingToken) {
  EXPECT_THAT(PublicIdsIn("ubhe00004711755224"), ElementsAre("ubhe00004711"));
  EXPECT_THAT(PublicIdsIn("UBHE0000471184755224"), ElementsAre("ubhe00004711"));
  EXPECT_THAT(PublicIdsIn("000000004711359152"), ElementsAre("000000004711"));
  EXPECT_THAT(PublicIdsIn("p\u00e4ssw\u00f4rd75752524"), IsEmpty());
  EXPECT_THAT(PublicIdsIn("DTEFFUJEHKNHHLFRFDIGGFECBJNFFLTHETDTVHKUTRRG"),
              ElementsAre("dteffujehknh"));
  EXPECT_THAT(PublicIdsIn("dteffujehknhhlfrfdiggfecbjnfflthetdtvhkutrr"),
              IsEmpty());  // one letter lost
  EXPECT_THAT(PublicIdsIn("755224"), IsEmpty());
}

}  // namespace
}  // namespace pawl::validator
