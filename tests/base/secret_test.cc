#include "base/secret.h"

#include <concepts>
#include <ostream>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/key_access.h"

namespace pawl {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept RevealsWithoutAccess = requires(const T& value) {
  value.Reveal();
};

// I5, second line: what must not compile.
static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(std::is_nothrow_move_assignable_v<SecretBytes>);
static_assert(!Printable<SecretBytes>);
static_assert(!std::equality_comparable<SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, std::string>);
static_assert(!std::is_convertible_v<std::string_view, SecretBytes>);
static_assert(!RevealsWithoutAccess<SecretBytes>);
static_assert(!std::is_default_constructible_v<KeyAccess>);
static_assert(!std::is_aggregate_v<KeyAccess>);

std::string TextOf(const SecretBytes& secret) {
  return std::string(AsText(secret.Reveal(GrantKeyAccess())));
}

TEST(SecretBytes, HoldsWhatItWasGiven) {
  const std::vector<uint8_t> bytes = {'a', 0, 'b'};
  EXPECT_EQ(TextOf(SecretBytes(std::string_view("a\0b", 3))),
            TextOf(SecretBytes(std::span<const uint8_t>(bytes))));
  EXPECT_EQ(SecretBytes(std::string_view("four")).size(), 4U);
  EXPECT_TRUE(SecretBytes().empty());
  EXPECT_FALSE(SecretBytes(std::string_view("x")).empty());
}

TEST(SecretBytes, TakesOverAVectorWithoutACopy) {
  std::vector<uint8_t> bytes = {1, 2, 3};
  const uint8_t* const before = bytes.data();
  const SecretBytes secret(std::move(bytes));
  EXPECT_EQ(secret.Reveal(GrantKeyAccess()).data(), before);
}

TEST(SecretBytes, LeavesNothingBehindWhenMoved) {
  SecretBytes first(std::string_view("secret"));
  SecretBytes second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(TextOf(second), "secret");
  SecretBytes third(std::string_view("other"));
  third = std::move(second);
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(TextOf(third), "secret");
}

TEST(SecretBytes, SurvivesBeingMovedToItself) {
  SecretBytes secret(std::string_view("secret"));
  SecretBytes& same = secret;
  secret = std::move(same);
  EXPECT_EQ(TextOf(secret), "secret");
}

TEST(SecretBytes, ClonesToMemoryOfItsOwn) {
  const SecretBytes secret(std::string_view("secret"));
  const SecretBytes clone = secret.Clone();
  EXPECT_EQ(TextOf(clone), "secret");
  EXPECT_NE(clone.Reveal(GrantKeyAccess()).data(),
            secret.Reveal(GrantKeyAccess()).data());
}

TEST(Wipe, OverwritesEveryByte) {
  std::vector<uint8_t> bytes(100, 0x55);
  Wipe(std::span<uint8_t>(bytes).subspan(1, 98));
  EXPECT_EQ(bytes.front(), 0x55);
  EXPECT_EQ(bytes.back(), 0x55);
  for (size_t i = 1; i < 99; ++i) {
    EXPECT_EQ(bytes[i], 0) << i;
  }
  Wipe(std::span<uint8_t>());
}

TEST(Wipe, ReachesWhatAStringHeldBefore) {
  std::string text(64, 's');
  text.resize(1);
  const char* const memory = text.data();
  Wipe(text);
  EXPECT_TRUE(text.empty());
  for (size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(memory[i], '\0') << i;  // still owned by `text`
  }
}

}  // namespace
}  // namespace pawl
