// What is on disk keeps its meaning (I11): these numbers, names and bytes may
// be added to and never changed.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/key_access.h"
#include "db/record.h"
#include "db/seal.h"
#include "db/store.h"
#include "tests/support/fake_rng.h"
#include "tests/support/hex.h"

namespace pawl::db {
namespace {

using Names = std::map<int, std::string>;

// All numbers up to 999 that have a name.
template <typename Enum>
Names NamesOf() {
  Names names;
  for (int number = -1; number < 1000; ++number) {
    const std::string_view name = ToString(static_cast<Enum>(number));
    if (!name.empty()) {
      names.emplace(number, name);
    }
  }
  return names;
}

TEST(Golden, Reasons) {
  const Names expected = {
      {1, "GOOD_CODE"},       {2, "REPLAYED"},
      {3, "WRONG_CODE"},      {4, "WRONG_PIN"},
      {5, "MALFORMED"},       {6, "THROTTLED"},
      {7, "LOCKED"},          {8, "UNKNOWN_ACCOUNT"},
      {9, "UNKNOWN_TOKEN"},   {10, "ACCOUNT_DISABLED"},
      {11, "TOKEN_DISABLED"}, {12, "NO_TOKEN"},
      {13, "ATTEMPT_REUSED"}, {14, "NOT_CONSECUTIVE"},
  };
  EXPECT_EQ(NamesOf<Reason>(), expected);
}

TEST(Golden, OnlyAGoodCodeIsAccepted) {
  for (const auto& [number, name] : NamesOf<Reason>()) {
    const Verdict verdict = VerdictOf(static_cast<Reason>(number));
    EXPECT_EQ(verdict == Verdict::kAccepted, name == "GOOD_CODE") << name;
  }
  EXPECT_EQ(static_cast<int>(Verdict::kAccepted), 1);
  EXPECT_EQ(static_cast<int>(Verdict::kRefused), 2);
}

TEST(Golden, Events) {
  const Names expected = {
      {1, "LOGIN_CHECKED"},     {2, "OTP_CHECKED"},
      {3, "TOKEN_RESYNCED"},    {10, "ACCOUNT_CREATED"},
      {11, "ACCOUNT_RENAMED"},  {12, "ACCOUNT_PIN_SET"},
      {13, "ACCOUNT_ENABLED"},  {14, "ACCOUNT_DISABLED"},
      {15, "ACCOUNT_UNLOCKED"}, {16, "ACCOUNT_DELETED"},
      {20, "TOKEN_REGISTERED"}, {21, "TOKEN_UPDATED"},
      {22, "TOKEN_ENABLED"},    {23, "TOKEN_DISABLED"},
      {24, "TOKEN_UNLOCKED"},   {25, "TOKEN_ASSIGNED"},
      {26, "TOKEN_UNASSIGNED"}, {27, "TOKEN_DELETED"},
      {30, "CLIENT_CREATED"},   {31, "CLIENT_DELETED"},
  };
  EXPECT_EQ(NamesOf<Event>(), expected);
}

TEST(Golden, TokenKinds) {
  const Names expected = {{1, "YUBICO"}, {2, "HOTP"}, {3, "TOTP"}, {4, "MOTP"}};
  EXPECT_EQ(NamesOf<TokenKind>(), expected);
}

TEST(Golden, HashesRolesAndHints) {
  EXPECT_EQ(static_cast<int>(Hash::kSha1), 1);
  EXPECT_EQ(static_cast<int>(Hash::kSha256), 2);
  EXPECT_EQ(static_cast<int>(Hash::kSha512), 3);
  EXPECT_EQ(static_cast<Roles>(Role::kLogin), 1U);
  EXPECT_EQ(static_cast<Roles>(Role::kAdmin), 2U);
  EXPECT_EQ(static_cast<Roles>(Role::kAudit), 4U);
  EXPECT_EQ(static_cast<Hints>(Hint::kRepeatedAttempt), 1U);
  EXPECT_EQ(static_cast<Hints>(Hint::kCounterJump), 2U);
  EXPECT_EQ(static_cast<Hints>(Hint::kClockDrift), 4U);
  EXPECT_EQ(static_cast<Hints>(Hint::kKeyboardLayout), 8U);
  EXPECT_EQ(static_cast<Hints>(Hint::kUpperCase), 16U);
}

TEST(Golden, IdsAndStrangers) {
  EXPECT_EQ(ToString(TokenId{0x0123456789abcdef}), "tok_028t5cy4tqkff");
  EXPECT_EQ(Store::kStrangers, 1024U);
}

// Made by another program (Python's cryptography package).
TEST(Golden, ASealedTextOfTheFirstVersionOpens) {
  testing::FakeRng rng;
  const Sealer sealer =
      Sealer::Create(
          SecretBytes(testing::FromHex("000102030405060708090a0b0c0d0e0f"
                                       "101112131415161718191a1b1c1d1e1f")),
          rng)
          .value();
  EXPECT_EQ(sealer.key_id(), "fb090630");
  const Bytes sealed = testing::FromHex(
      "01fb090630"                                // version, master key id
      "a0a1a2a3a4a5a6a7a8a9aaab"                  // nonce
      "d72a4f1970fd35875b55b6e1344ef5e847946020"  // secret, sealed
      "c140348e227379c6ec51f47c6ee9b2d7");
  const StatusOr<SecretBytes> secret =
      sealer.Open({.table = "token", .row = 0x0123456789abcdef, .kind = "HOTP"},
                  AsText(sealed));
  ASSERT_TRUE(secret.ok());
  EXPECT_EQ(AsText(secret->Reveal(GrantKeyAccess())), "12345678901234567890");
}

}  // namespace
}  // namespace pawl::db
