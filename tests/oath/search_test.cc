#include "oath/search.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pawl::oath {
namespace {

constexpr uint64_t kTwoTo63 = uint64_t{1} << 63U;

// Codes that repeat: "0", "1" and "2" in turn. Notes which were asked for.
class TurningCodes {
 public:
  std::string operator()(uint64_t position) {
    asked_.push_back(position);
    return std::to_string(position % 3);
  }
  [[nodiscard]] const std::vector<uint64_t>& asked() const { return asked_; }

 private:
  std::vector<uint64_t> asked_;
};

TEST(SaturatingAdd, StopsAtTheLastPosition) {
  EXPECT_EQ(SaturatingAdd(2, 3), 5U);
  EXPECT_EQ(SaturatingAdd(kLastPosition, 0), kLastPosition);
  EXPECT_EQ(SaturatingAdd(kLastPosition - 1, 2), kLastPosition);
  EXPECT_EQ(SaturatingAdd(5, kLastPosition), kLastPosition);
}

TEST(Window, EndsAtTheEndsOfTheRange) {
  struct Case {
    Window window;
    uint64_t low = 0;
    uint64_t high = 0;
  };
  const Case cases[] = {
      {Upwards(0, 0), 0, 0},
      {Upwards(5, 3), 5, 8},
      {Upwards(5, kLastPosition), 5, 5 + kMaxWindow},
      {Upwards(kLastPosition - 1, 9), kLastPosition - 1, kLastPosition},
      {Upwards(kTwoTo63 - 1, 2), kTwoTo63 - 1, kTwoTo63 + 1},
      {Around(0, 3), 0, 3},
      {Around(2, 3), 0, 5},
      {Around(10, 3), 7, 13},
      {Around(kTwoTo63 - 1, 1), kTwoTo63 - 2, kTwoTo63},
      {Around(kLastPosition, 3), kLastPosition - 3, kLastPosition},
      {Around(kTwoTo63, kLastPosition), kTwoTo63 - kMaxWindow,
       kTwoTo63 + kMaxWindow},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.window.low, c.low);
    EXPECT_EQ(c.window.high, c.high);
  }
}

TEST(FindCode, WalksTheWholeWindowWhateverItFinds) {
  for (const std::string_view code : {"0", "1", "no code"}) {
    TurningCodes codes;
    (void)FindCode(Around(10, 2), code, 9, codes);
    EXPECT_EQ(codes.asked(), (std::vector<uint64_t>{8, 9, 10, 11, 12}));
  }
}

TEST(FindCode, TakesTheNearestOfSeveral) {
  TurningCodes codes;
  // "0" is at 9 and 12, "2" at 8 and 11, "1" at 7, 10 and 13.
  EXPECT_EQ(FindCode(Around(10, 3), "0", {}, codes).fresh, 9U);
  EXPECT_EQ(FindCode(Around(10, 3), "2", {}, codes).fresh, 11U);
  EXPECT_EQ(FindCode(Around(10, 3), "1", {}, codes).fresh, 10U);
}

TEST(FindCode, TakesTheLowerOfTwoEquallyNear) {
  const auto same = [](uint64_t position) {
    return std::string(position == 10 ? "other" : "same");
  };
  EXPECT_EQ(FindCode(Around(10, 3), "same", {}, same).fresh, 9U);
}

TEST(FindCode, SortsIntoFreshAndStale) {
  TurningCodes codes;
  const WindowMatch match = FindCode(Around(10, 5), "0", 9, codes);
  EXPECT_EQ(match.stale, 9U);
  EXPECT_EQ(match.fresh, 12U);
  const WindowMatch all_used = FindCode(Around(10, 5), "0", 100, codes);
  EXPECT_EQ(all_used.stale, 9U);
  EXPECT_EQ(all_used.fresh, std::nullopt);
  const WindowMatch none = FindCode(Around(10, 5), "3", 9, codes);
  EXPECT_EQ(none.stale, std::nullopt);
  EXPECT_EQ(none.fresh, std::nullopt);
}

TEST(FindCode, WorksAtBothEndsOfTheRange) {
  const auto code = [](uint64_t position) { return std::to_string(position); };
  EXPECT_EQ(FindCode(Around(0, 5), "0", {}, code).fresh, 0U);
  const std::string last = std::to_string(kLastPosition);
  EXPECT_EQ(FindCode(Around(kLastPosition, 5), last, {}, code).fresh,
            kLastPosition);
  EXPECT_EQ(FindCode(Around(kLastPosition, 5), last, kLastPosition, code).stale,
            kLastPosition);
}

TEST(FindCodePair, WantsBothInOrderAndWithoutAGap) {
  const auto code = [](uint64_t position) { return std::to_string(position); };
  const Window window = Upwards(10, 5);
  EXPECT_EQ(FindCodePair(window, {"12", "13"}, code), 12U);
  EXPECT_EQ(FindCodePair(window, {"13", "12"}, code), std::nullopt);
  EXPECT_EQ(FindCodePair(window, {"12", "14"}, code), std::nullopt);
  EXPECT_EQ(FindCodePair(window, {"12", "12"}, code), std::nullopt);
  EXPECT_EQ(FindCodePair(window, {"9", "10"}, code), std::nullopt);
  EXPECT_EQ(FindCodePair(window, {"15", "16"}, code), 15U);
  EXPECT_EQ(FindCodePair(window, {"16", "17"}, code), std::nullopt);
}

TEST(FindCodePair, TakesTheNearestOfSeveral) {
  TurningCodes codes;
  EXPECT_EQ(FindCodePair(Around(10, 5), {"0", "1"}, codes), 9U);
  EXPECT_EQ(FindCodePair(Around(10, 5), {"2", "0"}, codes), 11U);
  EXPECT_EQ(FindCodePair(Upwards(10, 5), {"0", "1"}, codes), 12U);
}

TEST(FindCodePair, WalksTheWholeWindowWhateverItFinds) {
  TurningCodes codes;
  (void)FindCodePair(Upwards(3, 3), {"0", "1"}, codes);
  EXPECT_EQ(codes.asked(), (std::vector<uint64_t>{3, 4, 5, 6, 7}));
}

TEST(FindCodePair, DoesNotRunPastTheLastPosition) {
  TurningCodes codes;
  EXPECT_EQ(FindCodePair(Upwards(kLastPosition, 3), {"0", "1"}, codes),
            std::nullopt);
  EXPECT_EQ(codes.asked(), (std::vector<uint64_t>{kLastPosition}));
}

}  // namespace
}  // namespace pawl::oath
