#include "db/ids.h"

#include <vector>

#include <gtest/gtest.h>

namespace pawl::db {
namespace {

constexpr uint64_t kMax = (uint64_t{1} << 63U) - 1;

TEST(Ids, HaveAPrefixAndThirteenCharacters) {
  EXPECT_EQ(ToString(AccountId{1}), "acc_0000000000001");
  EXPECT_EQ(ToString(TokenId{32}), "tok_0000000000010");
  EXPECT_EQ(ToString(ClientId{kMax}), "cli_7zzzzzzzzzzzz");
}

// 40 bits, because people type it.
TEST(Ids, OfDevicesHaveEightCharacters) {
  EXPECT_EQ(kMaxDeviceId, 0xff'ffff'ffffU);
  EXPECT_EQ(ToString(DeviceId{1}), "dev_00000001");
  EXPECT_EQ(ToString(DeviceId{kMaxDeviceId}), "dev_zzzzzzzz");
  EXPECT_EQ(ParseId<DeviceTag>("dev_00000001"), DeviceId{1});
  EXPECT_EQ(ParseId<DeviceTag>("dev_zzzzzzzz"), DeviceId{kMaxDeviceId});
  // An '8' in front is fine here: it is the 63-bit ids that end at '7'.
  EXPECT_EQ(ParseId<DeviceTag>("dev_80000000"), DeviceId{uint64_t{1} << 38U});
  for (uint64_t value = 1; value <= kMaxDeviceId; value = value * 3 + 1) {
    EXPECT_EQ(ParseId<DeviceTag>(ToString(DeviceId{value})), DeviceId{value});
    EXPECT_LT(ToString(DeviceId{value - 1}), ToString(DeviceId{value}));
  }
}

TEST(Ids, OfDevicesRefuseEverythingElse) {
  const char* const texts[] = {
      "",
      "dev_",
      "dev_00000000",       // 0 means none
      "dev_0000001",        // short
      "dev_000000001",      // long
      "dev_0000000000001",  // as long as the others
      "DEV_00000001",
      "dev_0000000A",
      "dev_0000000i",
      "dev_0000000l",
      "dev_0000000o",
      "dev_0000000u",
      "dev_0000 001",
      "acc_00000001",
      "00000001",
  };
  for (const char* text : texts) {
    EXPECT_FALSE(ParseId<DeviceTag>(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseId<AccountTag>("acc_00000001").has_value());
}

TEST(Ids, RoundTrip) {
  for (uint64_t value = 1; value < kMax / 2; value = value * 3 + 1) {
    EXPECT_EQ(ParseId<TokenTag>(ToString(TokenId{value})), TokenId{value});
  }
  EXPECT_EQ(ParseId<TokenTag>(ToString(TokenId{kMax})), TokenId{kMax});
}

TEST(Ids, SortLikeTheirNumbers) {
  const std::vector<uint64_t> values = {1, 9, 10, 31, 32, 1000, kMax - 1, kMax};
  for (size_t i = 1; i < values.size(); ++i) {
    EXPECT_LT(ToString(TokenId{values[i - 1]}), ToString(TokenId{values[i]}));
  }
}

TEST(Ids, RefuseEverythingElse) {
  const char* const texts[] = {
      "",
      "tok_",
      "0000000000001",
      "tok_0000000000000",   // 0 means none
      "tok_8000000000000",   // 2^63
      "tok_zzzzzzzzzzzzz",   // beyond 64 bits
      "tok_000000000001",    // short
      "tok_00000000000001",  // long
      "TOK_0000000000001",   // another case
      "tok_000000000000A",
      "tok_000000000000i",  // no digits: i l o u
      "tok_000000000000l",
      "tok_000000000000o",
      "tok_000000000000u",
      "tok_00000000000 1",
      " tok_0000000000001",
      "tok_0000000000001 ",
      "acc_0000000000001",  // of another table
  };
  for (const char* text : texts) {
    EXPECT_FALSE(ParseId<TokenTag>(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace pawl::db
