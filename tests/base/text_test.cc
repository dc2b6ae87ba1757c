#include "base/text.h"

#include <clocale>
#include <vector>

#include <gtest/gtest.h>

namespace pawl {
namespace {

TEST(AsciiLower, ChangesOnlyAToZ) {
  EXPECT_EQ(AsciiLower("AZaz@[`{09"), "azaz@[`{09");
  EXPECT_EQ(AsciiLower("\xc3\x84I"), "\xc3\x84i");  // capital A umlaut stays
  EXPECT_EQ(AsciiLower(""), "");
}

TEST(AsciiLower, DoesNotAskTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  // Not installed everywhere: then the test is weaker, but still right.
  std::setlocale(LC_ALL, "tr_TR.UTF-8");
  EXPECT_EQ(AsciiLower("TITLE"), "title");
  std::setlocale(LC_ALL, before.c_str());
}

TEST(IsAscii, StopsAtTheEighthBit) {
  EXPECT_TRUE(IsAscii(""));
  EXPECT_TRUE(IsAscii(std::string_view("\0\x7f~", 3)));
  EXPECT_FALSE(IsAscii("caf\xc3\xa9"));
  EXPECT_FALSE(IsAscii("\x80"));
}

TEST(TakeUntil, TakesThePartsOneByOne) {
  std::string_view text = "a&&bc&";
  EXPECT_EQ(TakeUntil(text, '&'), "a");
  EXPECT_EQ(TakeUntil(text, '&'), "");
  EXPECT_EQ(TakeUntil(text, '&'), "bc");
  EXPECT_EQ(text, "");
  EXPECT_EQ(TakeUntil(text, '&'), "");
  text = "all";
  EXPECT_EQ(TakeUntil(text, '&'), "all");
  EXPECT_EQ(text, "");
}

TEST(TakeCodePoint, WalksThroughGoodAndBadText) {
  std::string_view text = "a\xff\xe2\x82\xac\xe2\x82";
  std::vector<std::optional<char32_t>> taken;
  while (!text.empty()) {
    taken.push_back(TakeCodePoint(text));
  }
  EXPECT_EQ(taken,
            (std::vector<std::optional<char32_t>>{U'a', std::nullopt, U'\u20ac',
                                                  std::nullopt, std::nullopt}));
}

TEST(TakeCodePointDeathTest, WantsSomeText) {
  std::string_view empty;
  EXPECT_DEATH((void)TakeCodePoint(empty), "check_failed");
}

struct Utf8Case {
  std::string_view text;
  std::optional<size_t> code_points;
};

const Utf8Case kUtf8Cases[] = {
    {"", 0},
    {"abc", 3},
    {std::string_view("\0", 1), 1},
    {"\xc3\xa9", 1},               // U+00E9
    {"e\xcc\x81", 2},              // the same, decomposed
    {"\xef\xbf\xbf", 1},           // U+FFFF, a noncharacter, is still UTF-8
    {"\xf0\x9f\x94\x91", 1},       // U+1F511
    {"\xf4\x8f\xbf\xbf", 1},       // U+10FFFF
    {"\xf4\x90\x80\x80", {}},      // above the last code point
    {"\xed\xa0\x80", {}},          // a surrogate
    {"\xc0\x80", {}},              // overlong zero
    {"\xc1\xbf", {}},              // overlong
    {"\xe0\x80\xaf", {}},          // overlong
    {"\xf0\x80\x80\xaf", {}},      // overlong
    {"\xf8\x88\x80\x80\x80", {}},  // five bytes
    {"\x80", {}},                  // lonely continuation
    {"a\xc3", {}},                 // cut off
    {"\xe2\x82", {}},              // cut off
    {"\xe2(\xa1", {}},             // broken in the middle
    {"\xff", {}},
};

TEST(Utf8, CountsCodePointsOfValidTextOnly) {
  for (const Utf8Case& c : kUtf8Cases) {
    EXPECT_EQ(CountCodePoints(c.text), c.code_points) << c.text;
    EXPECT_EQ(IsValidUtf8(c.text), c.code_points.has_value()) << c.text;
    EXPECT_EQ(NormalizeNfc(c.text).has_value(), c.code_points.has_value())
        << c.text;
  }
}

TEST(HasControlCharacters, KnowsC0C1AndDel) {
  for (const std::string_view text :
       {"\n", "a\tb", "\x1b[31m", "x\x7f", "\xc2\x80", "\xc2\x9f", "\xff\n"}) {
    EXPECT_TRUE(HasControlCharacters(text)) << text;
  }
  EXPECT_TRUE(HasControlCharacters(std::string_view("a\0", 2)));
  for (const std::string_view text : {"", " ~", "\xc2\xa0", "\xc3\xa9"}) {
    EXPECT_FALSE(HasControlCharacters(text)) << text;
  }
}

TEST(NormalizeNfc, ComposesWhatBelongsTogether) {
  EXPECT_EQ(NormalizeNfc("1234"), "1234");
  EXPECT_EQ(NormalizeNfc(""), "");
  EXPECT_EQ(NormalizeNfc("e\xcc\x81"), "\xc3\xa9");
  EXPECT_EQ(NormalizeNfc("\xc3\xa9"), "\xc3\xa9");
  EXPECT_EQ(NormalizeNfc("\xe2\x84\xab"), "\xc3\x85");  // Angstrom sign
  EXPECT_EQ(NormalizeNfc("\xe1\x84\x80\xe1\x85\xa1"),
            "\xea\xb0\x80");  // Hangul
  // Marks are put into canonical order.
  EXPECT_EQ(NormalizeNfc("q\xcc\x87\xcc\xa3"), "q\xcc\xa3\xcc\x87");
  // NFC, not NFKC: compatibility forms stay.
  EXPECT_EQ(NormalizeNfc("\xef\xac\x81"), "\xef\xac\x81");  // fi ligature
  // NFC may be longer than what went in.
  EXPECT_EQ(NormalizeNfc("\xf0\x9d\x85\xa0"),
            "\xf0\x9d\x85\x98\xf0\x9d\x85\xa5\xf0\x9d\x85\xae");
}

TEST(NormalizeNfc, KeepsZeroBytes) {
  EXPECT_EQ(NormalizeNfc(std::string_view("e\xcc\x81\0x", 5)),
            std::string("\xc3\xa9\0x", 4));
}

}  // namespace
}  // namespace pawl
