#include "db/blob_table.h"

#include <string>

#include <gtest/gtest.h>

namespace pawl::db {
namespace {

std::string Name(int number) {
  return "name-" + std::to_string(number);
}

TEST(BlobTable, FindsWhatWasPutLast) {
  BlobTable table(1U << 20U);
  EXPECT_EQ(table.Find("a"), "");
  table.Put("a", "one");
  table.Put("b", std::string("\0two\0", 5));
  EXPECT_EQ(table.Find("a"), "one");
  EXPECT_EQ(table.Find("b"), std::string("\0two\0", 5));
  table.Put("a", "six");  // in the same place
  EXPECT_EQ(table.Find("a"), "six");
  table.Put("a", "another length");
  EXPECT_EQ(table.Find("a"), "another length");
  EXPECT_EQ(table.Find("b"), std::string("\0two\0", 5));
  EXPECT_EQ(table.Find("anot"), "");
}

TEST(BlobTable, KeepsManyNamesApart) {
  BlobTable table(1U << 24U);
  for (int i = 0; i < 20'000; ++i) {
    table.Put(Name(i), std::to_string(i * i));
  }
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(table.Find(Name(i)), std::to_string(i * i));
  }
  EXPECT_EQ(table.Find(Name(20'000)), "");
  EXPECT_FALSE(table.IsFull());
}

TEST(BlobTable, DropsWhatIsNotAskedForWhenFull) {
  BlobTable table(1U << 16U);
  const std::string blob(100, 'x');
  table.Put("often", blob);
  int kept = 0;
  for (int i = 0; i < 10'000; ++i) {
    table.Put(Name(i), blob);
    ASSERT_EQ(table.Find("often"), blob) << i;
  }
  for (int i = 0; i < 10'000; ++i) {
    kept += table.Find(Name(i)).empty() ? 0 : 1;
  }
  EXPECT_TRUE(table.IsFull());
  EXPECT_EQ(table.Find(Name(9'999)), blob);
  // As many as fit: each costs its bytes and some more.
  EXPECT_GT(kept, (1 << 16) / 300);
  EXPECT_LT(kept, (1 << 16) / 100);
}

TEST(BlobTable, WithoutRoomKeepsNothing) {
  BlobTable none(0);
  none.Put("a", "x");
  EXPECT_EQ(none.Find("a"), "");
  BlobTable little(64);
  little.Put("a", std::string(65, 'x'));
  EXPECT_EQ(little.Find("a"), "");
  little.Put("a", std::string(60, 'x'));  // fits, but not what it costs
  EXPECT_EQ(little.Find("a"), "");
  little.Put(std::string(70'000, 'n'), "x");  // no name is that long
  EXPECT_EQ(little.Find(std::string(70'000, 'n')), "");
}

}  // namespace
}  // namespace pawl::db
