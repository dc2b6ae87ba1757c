#include "validator/core/account_password.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

TEST(AccountPassword, TakesEightTo256CharactersOfAnyScript) {
  const std::string cases[] = {
      "12345678",  "pässwörd",   "密码密码密码密码",  " leading and trailing ",
      "a b c d e", "        ",   Repeat("x", 256),    Repeat("\xc3\xa4", 256),
      "ΠΑΣΣωορδ",  "\"'\\%$#;&", "correct horse bat",
  };
  for (const std::string& password : cases) {
    EXPECT_THAT(AcceptNewPassword(password), IsOkAndHolds(password));
  }
}

TEST(AccountPassword, RefusesOthersAndNamesTheField) {
  struct Case {
    std::string password{};
    const char* problem = nullptr;
  };
  const Case cases[] = {
      {"", "8 to 256"},
      {"1234567", "8 to 256"},
      {"äöüäöüä", "8 to 256"},  // seven characters in fourteen bytes
      {Repeat("x", 257), "8 to 256"},
      // Eight as typed, seven characters once they are composed.
      {"123456e\xcc\x81", "8 to 256"},
      {"12345678\n", "control"},
      {"12345\t678", "control"},
      {"12345678\x7f", "control"},
      {"12345678\xc2\x85", "control"},  // C1: next line
      {std::string("abcde\0fgh", 9), "control"},
      {"12345678\xff", "UTF-8"},
      {"12345678\xc3", "UTF-8"},
      {"12345678\xed\xa0\x80", "UTF-8"},  // a surrogate
  };
  for (const Case& c : cases) {
    const StatusOr<std::string> result = AcceptNewPassword(c.password);
    EXPECT_THAT(result,
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(c.problem)))
        << c.password;
    EXPECT_EQ(FieldOf(result.status()), "password");
  }
}

TEST(AccountPassword, ComposedAndDecomposedFormsAreTheSamePassword) {
  const std::string composed = "caf\xc3\xa9 au lait";     // e acute
  const std::string decomposed = "cafe\xcc\x81 au lait";  // e, combining acute
  EXPECT_THAT(AcceptNewPassword(decomposed), IsOkAndHolds(composed));
  EXPECT_EQ(NormalizeTypedPassword(decomposed), composed);
  EXPECT_EQ(NormalizeTypedPassword(composed), composed);
}

TEST(AccountPassword, WhatCannotBeAPasswordStaysAsItIs) {
  EXPECT_EQ(NormalizeTypedPassword("1234567890\xff"), "1234567890\xff");
  EXPECT_EQ(NormalizeTypedPassword("short"), "short");
  EXPECT_EQ(NormalizeTypedPassword(""), "");
}

}  // namespace
}  // namespace pawl::validator
