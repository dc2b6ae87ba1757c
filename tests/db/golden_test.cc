// What is on disk keeps its meaning (I11): these numbers, names and bytes may
// be added to and never changed.
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/key_access.h"
#include "db/record.h"
#include "db/seal.h"
#include "db/spare_codes.h"
#include "db/store.h"
#include "tests/support/fake_rng.h"
#include "tests/support/hex.h"

namespace pawl::db {
namespace {

using Names = std::map<int, std::string>;

constexpr int kNumbers = 1000;

// All numbers below kNumbers that have a name.
template <typename Enum>
Names NamesOf() {
  Names names;
  for (int number = -1; number < kNumbers; ++number) {
    const std::string_view name = ToString(static_cast<Enum>(number));
    if (!name.empty()) {
      names.emplace(number, name);
    }
  }
  return names;
}

TEST(Golden, Reasons) {
  const Names expected = {
      {1, "GOOD_CODE"},
      {2, "REPLAYED"},
      {3, "WRONG_CODE"},
      {4, "WRONG_PIN"},
      {5, "MALFORMED"},
      {6, "THROTTLED"},
      {7, "LOCKED"},
      {8, "UNKNOWN_ACCOUNT"},
      {9, "UNKNOWN_TOKEN"},
      {10, "ACCOUNT_DISABLED"},
      {11, "TOKEN_DISABLED"},
      {12, "NO_TOKEN"},
      {13, "ATTEMPT_REUSED"},
      {14, "NOT_CONSECUTIVE"},
      {15, "GOOD_PASSWORD"},
      {16, "GOOD_DEVICE_PASSWORD"},
      {17, "GOOD_SESSION"},
      {18, "GOOD_RECOVERY_CODE"},
      {19, "DELEGATE"},
      {20, "WRONG_PASSWORD"},
      {21, "WRONG_DEVICE_PASSWORD"},
      {22, "DEVICE_EXPIRED"},
      {23, "POLICY"},
      {24, "SCOPE"},
  };
  EXPECT_EQ(NamesOf<Reason>(), expected);
}

// Also for a number that is no reason: whoever reads one lets nobody in.
TEST(Golden, OnlyTheGoodOnesAreAccepted) {
  const std::set<int> accepted = {1, 15, 16, 17, 18};
  constexpr int kDelegate = 19;
  for (int number = -1; number < kNumbers; ++number) {
    const Verdict expected = accepted.contains(number) ? Verdict::kAccepted
                             : number == kDelegate     ? Verdict::kDelegated
                                                       : Verdict::kRefused;
    EXPECT_EQ(VerdictOf(static_cast<Reason>(number)), expected) << number;
  }
  EXPECT_EQ(static_cast<int>(Verdict::kAccepted), 1);
  EXPECT_EQ(static_cast<int>(Verdict::kRefused), 2);
  EXPECT_EQ(static_cast<int>(Verdict::kDelegated), 3);
}

TEST(Golden, Events) {
  const Names expected = {
      {1, "LOGIN_CHECKED"},
      {2, "OTP_CHECKED"},
      {3, "TOKEN_RESYNCED"},
      {10, "ACCOUNT_CREATED"},
      {11, "ACCOUNT_RENAMED"},
      {12, "ACCOUNT_PIN_SET"},
      {13, "ACCOUNT_ENABLED"},
      {14, "ACCOUNT_DISABLED"},
      {15, "ACCOUNT_UNLOCKED"},
      {16, "ACCOUNT_DELETED"},
      {17, "ACCOUNT_POLICY_SET"},
      {18, "ACCOUNT_PASSWORD_SET"},
      {19, "ACCOUNT_DEVICE_PASSWORDS_SET"},
      {20, "TOKEN_REGISTERED"},
      {21, "TOKEN_UPDATED"},
      {22, "TOKEN_ENABLED"},
      {23, "TOKEN_DISABLED"},
      {24, "TOKEN_UNLOCKED"},
      {25, "TOKEN_ASSIGNED"},
      {26, "TOKEN_UNASSIGNED"},
      {27, "TOKEN_DELETED"},
      {28, "TOKEN_CONFIRMED"},
      {30, "CLIENT_CREATED"},
      {31, "CLIENT_DELETED"},
      {40, "RECOVERY_CODES_MADE"},
      {41, "TEMPORARY_CODE_MADE"},
      {42, "SECOND_FACTOR_RESET"},
      {50, "DEVICE_CREATED"},
      {51, "DEVICE_UPDATED"},
      {52, "DEVICE_REGENERATED"},
      {53, "DEVICE_DELETED"},
      {60, "CREDENTIAL_EXPLAINED"},
      {61, "USUAL_PLACES_NOTED"},
  };
  EXPECT_EQ(NamesOf<Event>(), expected);
}

TEST(Golden, PoliciesDevicesAndCauses) {
  const Names policies = {{1, "PASSWORD"},
                          {2, "OTP_WEB"},
                          {3, "OTP_WEB_DEVICE_PASSWORDS"},
                          {4, "OTP_ONLY"}};
  EXPECT_EQ(NamesOf<AccountPolicy>(), policies);
  const Names devices = {{1, "PASSWORD"}, {2, "SESSION"}, {3, "LOGIN"}};
  EXPECT_EQ(NamesOf<DeviceKind>(), devices);
  const Names causes = {{1, "UNKNOWN"},   {2, "UNDECRYPTABLE"},
                        {3, "WRONG_PIN"}, {4, "WRONG_CODE"},
                        {5, "PASSWORD"},  {6, "DEVICE_PASSWORD"},
                        {7, "EXPLAIN"},   {8, "USUAL_PLACE"}};
  EXPECT_EQ(NamesOf<Cause>(), causes);
}

TEST(Golden, TokenKinds) {
  const Names expected = {
      {1, "YUBICO"}, {2, "HOTP"}, {3, "TOTP"}, {4, "MOTP"}, {5, "YUBICLOUD"}};
  EXPECT_EQ(NamesOf<TokenKind>(), expected);
}

TEST(Golden, HashesRolesAndHints) {
  EXPECT_EQ(static_cast<int>(Hash::kSha1), 1);
  EXPECT_EQ(static_cast<int>(Hash::kSha256), 2);
  EXPECT_EQ(static_cast<int>(Hash::kSha512), 3);
  EXPECT_EQ(static_cast<Roles>(Role::kLogin), 1U);
  EXPECT_EQ(static_cast<Roles>(Role::kAdmin), 2U);
  EXPECT_EQ(static_cast<Roles>(Role::kAudit), 4U);
  EXPECT_EQ(static_cast<Roles>(Role::kSelfService), 8U);
  EXPECT_EQ(static_cast<Hints>(Hint::kRepeatedAttempt), 1U);
  EXPECT_EQ(static_cast<Hints>(Hint::kCounterJump), 2U);
  EXPECT_EQ(static_cast<Hints>(Hint::kClockDrift), 4U);
  EXPECT_EQ(static_cast<Hints>(Hint::kKeyboardLayout), 8U);
  EXPECT_EQ(static_cast<Hints>(Hint::kUpperCase), 16U);
  EXPECT_EQ(static_cast<Hints>(Hint::kFirstFactorKnown), 32U);
  EXPECT_EQ(static_cast<Hints>(Hint::kCloneSuspected), 64U);
  EXPECT_EQ(static_cast<Hints>(Hint::kDelayed), 128U);
}

TEST(Golden, IdsAndStrangers) {
  EXPECT_EQ(ToString(TokenId{0x0123456789abcdef}), "tok_028t5cy4tqkff");
  EXPECT_EQ(ToString(DeviceId{0x0123456789}), "dev_04hmasw9");
  EXPECT_EQ(ToString(BudgetId{0x0123456789abcdef}), "bud_028t5cy4tqkff");
  EXPECT_EQ(Store::kStrangers, 1024U);
}

// mac, state, expiry in milliseconds since 1970.
TEST(Golden, SpareCodesAsTheyLieInAnAccount) {
  const std::string packed = PackSpareCodes(
      {{.mac = "0123456789abcdef", .expires = FromUnixMillis(0x18bcfe5687b)},
       {.mac = "fedcba9876543210", .used = true}});
  EXPECT_EQ(HexEncode(AsBytes(packed)),
            "30313233343536373839616263646566"
            "00"
            "0000018bcfe5687b"
            "66656463626139383736353433323130"
            "01"
            "0000000000000000");
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
