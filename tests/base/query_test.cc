#include "base/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

std::vector<std::string> Pairs(std::string_view text) {
  const std::optional<Parameters> parsed = Parameters::Parse(text);
  std::vector<std::string> pairs;
  if (!parsed.has_value()) {
    return {"(none)"};
  }
  for (const Parameter& one : parsed->all()) {
    pairs.push_back(one.name + "=" + one.value);
  }
  return pairs;
}

TEST(Parameters, AreDecodedAndSortedByName) {
  EXPECT_THAT(Pairs("otp=abc&id=1&h=a%2Bb%3D&note=a+b"),
              ElementsAre("h=a+b=", "id=1", "note=a b", "otp=abc"));
}

TEST(Parameters, TheLastOfANameCounts) {
  EXPECT_THAT(Pairs("a=1&b=2&a=3&a=4"), ElementsAre("a=4", "b=2"));
}

TEST(Parameters, NeedNoValueAndNoOrder) {
  EXPECT_THAT(Pairs(""), ElementsAre());
  EXPECT_THAT(Pairs("&&a&=1&"), ElementsAre("=1", "a="));
  EXPECT_THAT(Pairs("a=b=c"), ElementsAre("a=b=c"));
}

TEST(Parameters, KeepWhatKeyboardsLeaveBehind) {
  EXPECT_THAT(Pairs("otp=abc%0D%0A"), ElementsAre("otp=abc\r\n"));
  EXPECT_THAT(Pairs("otp=abc%00"), ElementsAre(std::string("otp=abc\0", 8)));
}

TEST(Parameters, WhatCannotBeReadIsNone) {
  for (const std::string_view text :
       {"a=%", "a=%1", "a=%zz", "%g0=1", "a=%c3%a9", "a=%7f", "a=%01",
        "a=\xc3\xa9", "a=b%1b"}) {
    EXPECT_FALSE(Parameters::Parse(text).has_value()) << text;
  }
}

TEST(Parameters, AreNoMoreThanTheirLimit) {
  std::string text;
  for (size_t i = 0; i < Parameters::kMaxParameters; ++i) {
    text += "p" + std::to_string(i) + "=1&";
  }
  EXPECT_TRUE(Parameters::Parse(text).has_value());
  EXPECT_FALSE(Parameters::Parse(text + "one=more").has_value());
}

TEST(Parameters, GetIsEmptyForWhatWasNotGiven) {
  const std::optional<Parameters> parsed = Parameters::Parse("a=1&b=");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->Get("a"), "1");
  EXPECT_EQ(parsed->Get("b"), "");
  EXPECT_EQ(parsed->Get("c"), "");
}

TEST(PercentEncoding, ComesBackAsItWas) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  EXPECT_THAT(PercentDecode(PercentEncode(all)), Optional(all));
  EXPECT_EQ(PercentEncode("a+b/c=~"), "a%2Bb%2Fc%3D~");
}

}  // namespace
}  // namespace pawl
