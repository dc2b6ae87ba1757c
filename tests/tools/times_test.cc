#include "tools/pawl/times.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::tools {
namespace {

using ::pawl::testing::StatusIs;

TEST(ParseLength, TakesEachUnit) {
  EXPECT_EQ(ParseLength("--ttl", "90s")->seconds(), 90);
  EXPECT_EQ(ParseLength("--ttl", "15m")->seconds(), 900);
  EXPECT_EQ(ParseLength("--ttl", "24h")->seconds(), 86400);
  EXPECT_EQ(ParseLength("--ttl", "7d")->seconds(), 604800);
  EXPECT_EQ(ParseLength("--ttl", "999999d")->seconds(), 86399913600);
}

TEST(ParseLength, RefusesEverythingElse) {
  for (const char* text : {"", "h", "24", "24 h", "-1h", "1.5h", "24hh", "1w",
                           "+1h", "1000000d", "99999999999999999999s"}) {
    EXPECT_THAT(ParseLength("--ttl", text),
                StatusIs(StatusCode::kInvalidArgument,
                         "--ttl: must be a number with s, m, h or d, like 24h"))
        << text;
  }
}

TEST(ParseTime, TakesDatesAndTimes) {
  EXPECT_EQ(ParseTime("WHEN", "2023-11-14")->seconds(), 1'699'920'000);
  EXPECT_EQ(ParseTime("WHEN", "2023-11-14T22:13:20Z")->seconds(),
            1'700'000'000);
  EXPECT_EQ(ParseTime("WHEN", "2023-11-14T23:13:20+01:00")->seconds(),
            1'700'000'000);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* text : {"", "tomorrow", "2023-13-01", "2023-11-14T22:13",
                           "2023-11-14T22:13:20", "1700000000"}) {
    EXPECT_THAT(ParseTime("WHEN", text), StatusIs(StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace pawl::tools
