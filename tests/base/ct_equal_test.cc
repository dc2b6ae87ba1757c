#include "base/ct_equal.h"

#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace pawl {
namespace {

TEST(ConstantTimeEqual, ComparesLengthAndEveryByte) {
  EXPECT_TRUE(ConstantTimeEqual("123456", "123456"));
  EXPECT_FALSE(ConstantTimeEqual("123456", "12345"));
  EXPECT_FALSE(ConstantTimeEqual("12345", "123456"));
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_FALSE(ConstantTimeEqual("", "1"));
  EXPECT_TRUE(ConstantTimeEqual(std::string_view(), std::string_view("")));
}

TEST(ConstantTimeEqual, SeesAChangeOfAnyBit) {
  const Bytes original(16, 0xa5);
  for (size_t bit = 0; bit < original.size() * 8; ++bit) {
    Bytes changed = original;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
    EXPECT_FALSE(ConstantTimeEqual(original, changed)) << bit;
  }
  EXPECT_TRUE(ConstantTimeEqual(original, Bytes(original)));
}

TEST(ConstantTimeEqual, DoesNotStopAtAZeroByte) {
  EXPECT_FALSE(ConstantTimeEqual(std::string_view("a\0b", 3),
                                 std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace pawl
