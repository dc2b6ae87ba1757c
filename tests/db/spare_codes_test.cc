#include "db/spare_codes.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_records.h"

namespace pawl::db {
namespace {

using ::pawl::testing::kSampleTime;
using ::pawl::testing::SampleBytes;
using ::testing::IsEmpty;

using Codes = std::vector<SpareCode>;

constexpr size_t kEntry = 16 + 1 + 8;

Codes Some(size_t count) {
  Codes codes;
  for (size_t i = 0; i < count; ++i) {
    codes.push_back({.mac = SampleBytes(i, 16)});
  }
  return codes;
}

TEST(SpareCodes, ComeBackAsTheyWere) {
  using std::string_literals::operator""s;
  const Codes codes = {
      {.mac = SampleBytes(1, 16)},
      {.mac = SampleBytes(2, 16), .used = true},
      {.mac = SampleBytes(3, 16), .expires = kSampleTime},
      {.mac = SampleBytes(4, 16), .used = true, .expires = kSampleTime},
      {.mac = "\0\xff\x01\x80 any sixteen"s},
      {.mac = std::string(16, '\0'), .expires = FromUnixMillis(1)},
      {.mac = std::string(16, '\xff'), .expires = FromUnixMillis(-1)},
      {.mac = SampleBytes(5, 16),
       .expires = FromUnixMillis(std::numeric_limits<int64_t>::max())},
  };
  const std::string packed = PackSpareCodes(codes);
  EXPECT_EQ(packed.size(), codes.size() * kEntry);
  EXPECT_TRUE(AreSpareCodes(packed));
  EXPECT_EQ(UnpackSpareCodes(packed), codes);
}

TEST(SpareCodes, NoneAreNothing) {
  EXPECT_EQ(PackSpareCodes({}), "");
  EXPECT_TRUE(AreSpareCodes(""));
  EXPECT_THAT(UnpackSpareCodes(""), IsEmpty());
}

// 0 means that a code never expires; a time must not become that.
TEST(SpareCodes, OneThatExpiresNeverBecomesOneThatDoesNot) {
  const Codes codes = UnpackSpareCodes(PackSpareCodes(
      {{.mac = SampleBytes(1, 16), .expires = FromUnixMillis(0)}}));
  ASSERT_TRUE(codes.front().expires.has_value());
  EXPECT_LE(*codes.front().expires, FromUnixMillis(1));
}

TEST(SpareCodes, OfOneAccountAreFew) {
  EXPECT_TRUE(AreSpareCodes(PackSpareCodes(Some(kMaxSpareCodes))));
  EXPECT_FALSE(AreSpareCodes(PackSpareCodes(Some(kMaxSpareCodes + 1))));
}

TEST(SpareCodes, OtherBytesAreNone) {
  const std::string good = PackSpareCodes(Some(2));
  for (size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(AreSpareCodes(good.substr(0, size)), size == kEntry) << size;
  }
  for (const size_t state : {size_t{16}, kEntry + 16}) {
    for (const char wrong : {'\x02', '\x80', '\xff'}) {
      std::string bad = good;
      bad[state] = wrong;
      EXPECT_FALSE(AreSpareCodes(bad));
    }
    std::string used = good;
    used[state] = 1;
    EXPECT_TRUE(AreSpareCodes(used));
  }
}

TEST(SpareCodesDeathTest, BugsAbort) {
  EXPECT_DEATH((void)PackSpareCodes({{.mac = "short"}}), "check_failed");
  EXPECT_DEATH((void)UnpackSpareCodes("x"), "check_failed");
}

}  // namespace
}  // namespace pawl::db
