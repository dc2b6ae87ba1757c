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
