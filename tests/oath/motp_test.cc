#include "oath/motp.h"

#include <string>

#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/vectors.h"

namespace pawl::oath {
namespace {

using ::pawl::testing::Json;
using ::pawl::testing::LoadVectors;
using ::pawl::testing::OptionalMember;

constexpr std::string_view kSecret = "0f1e2d3c4b5a6978";
constexpr std::string_view kPin = "1234";

std::string TextAt(const Json& object, const char* name) {
  return object.at(name).get<std::string>();
}

TEST(MotpVectors, CodesAgree) {
  const Json vectors = LoadVectors("motp.json");
  for (const char* list : {"published", "computed"}) {
    ASSERT_FALSE(vectors.at(list).empty());
    for (const Json& vector : vectors.at(list)) {
      SCOPED_TRACE(vector.dump());
      const auto slot = vector.at("time_step").get<uint64_t>();
      const auto unix_time =
          OptionalMember<uint64_t>(vector, "unix_time")
              .value_or(OptionalMember<uint64_t>(vector, "time").value_or(0));
      EXPECT_EQ(unix_time / kMotpPeriod, slot);
      const std::string code =
          Motp(TextAt(vector, "secret"), TextAt(vector, "pin"), slot);
      EXPECT_EQ(code, TextAt(vector, "otp"));
      EXPECT_TRUE(IsMotpCode(code));
    }
  }
}

TEST(MotpVectors, WindowAndReplayAgree) {
  const Json vectors = LoadVectors("motp.json").at("window_and_replay");
  ASSERT_FALSE(vectors.at("cases").empty());
  for (const Json& c : vectors.at("cases")) {
    SCOPED_TRACE(c.dump());
    const WindowMatch match =
        FindMotp(TextAt(vectors, "secret"), TextAt(vectors, "pin"),
                 AsciiLower(TextAt(c, "otp")),
                 OptionalMember<uint64_t>(c, "last_accepted_step"),
                 vectors.at("T_now").get<uint64_t>(),
                 vectors.at("window_steps").get<uint64_t>());
    ASSERT_EQ(match.fresh.has_value(), c.at("accept").get<bool>());
    if (match.fresh.has_value()) {
      EXPECT_EQ(*match.fresh, c.at("new_last_accepted_step"));
    }
  }
}

TEST(IsMotpCode, WantsSixLowerCaseHexCharacters) {
  EXPECT_TRUE(IsMotpCode("012345"));
  EXPECT_TRUE(IsMotpCode("abcdef"));
  EXPECT_TRUE(IsMotpCode("1e2345"));
  for (const std::string_view code :
       {"", "12345", "1234567", "ABCDEF", "12345g", " 12345", "0x1234",
        "12345\n"}) {
    EXPECT_FALSE(IsMotpCode(code)) << code;
  }
}

TEST(FindMotp, ReportsUsedSlotsAsStale) {
  const WindowMatch match =
      FindMotp(kSecret, kPin, Motp(kSecret, kPin, 1000), 1001, 1002, 18);
  EXPECT_EQ(match.fresh, std::nullopt);
  EXPECT_EQ(match.stale, 1000U);
}

TEST(FindMotp, DependsOnSecretAndPin) {
  const std::string code = Motp(kSecret, kPin, 1000);
  EXPECT_EQ(FindMotp(kSecret, kPin, code, {}, 1000, 0).fresh, 1000U);
  EXPECT_EQ(FindMotp(kSecret, "1235", code, {}, 1000, 0).fresh, std::nullopt);
  EXPECT_EQ(FindMotp("0f1e2d3c4b5a6979", kPin, code, {}, 1000, 0).fresh,
            std::nullopt);
}

TEST(FindMotp, WorksNearSlotZero) {
  EXPECT_EQ(FindMotp(kSecret, kPin, Motp(kSecret, kPin, 0), {}, 2, 18).fresh,
            0U);
}

class FindMotpPairTest : public ::testing::Test {
 protected:
  // Searches for the codes of `slot` and the one after it.
  static std::optional<uint64_t> Find(uint64_t slot, uint64_t first,
                                      uint64_t center, uint64_t window) {
    return FindMotpPair(
        kSecret, kPin,
        {Motp(kSecret, kPin, slot), Motp(kSecret, kPin, slot + 1)}, first,
        center, window);
  }
};

TEST_F(FindMotpPairTest, LooksToBothSidesInclusive) {
  EXPECT_EQ(Find(90, 0, 100, 10), 90U);
  EXPECT_EQ(Find(110, 0, 100, 10), 110U);
  EXPECT_EQ(Find(89, 0, 100, 10), std::nullopt);
  EXPECT_EQ(Find(111, 0, 100, 10), std::nullopt);
}

TEST_F(FindMotpPairTest, FindsNothingBelowFirst) {
  EXPECT_EQ(Find(95, 95, 100, 10), 95U);
  EXPECT_EQ(Find(94, 95, 100, 10), std::nullopt);
  EXPECT_EQ(Find(110, 110, 100, 10), 110U);
  EXPECT_EQ(Find(110, 111, 100, 10), std::nullopt);
  EXPECT_EQ(Find(110, ~uint64_t{0}, 100, 10), std::nullopt);
}

TEST_F(FindMotpPairTest, WorksAtTheEndsOfTheSlots) {
  EXPECT_EQ(Find(0, 0, 3, 10), 0U);
  constexpr uint64_t kLast = ~uint64_t{0};
  EXPECT_EQ(Find(kLast - 1, 0, kLast, 10), kLast - 1);
  EXPECT_EQ(Find(kLast, 0, kLast, 10), std::nullopt);
}

TEST_F(FindMotpPairTest, WantsTheOrder) {
  EXPECT_EQ(FindMotpPair(kSecret, kPin,
                         {Motp(kSecret, kPin, 101), Motp(kSecret, kPin, 100)},
                         0, 100, 10),
            std::nullopt);
}

}  // namespace
}  // namespace pawl::oath
