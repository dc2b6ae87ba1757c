// What failures of a login cost (validator/core/decide.h): causes, the hint
// that the first factor is known, and the lock of a token.
#include <gtest/gtest.h>

#include "tests/support/decisions.h"
#include "validator/core/decide.h"

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Cause;
using db::Hint;
using db::Reason;
using db::TokenKind;
using db::TokenRecord;
using testing::Failed;
using testing::Fresh;
using testing::Person;
using testing::PersonWith;
using testing::Stale;
using testing::Token;
using testing::TokenFailures;
using testing::WithoutPin;
using testing::Wrong;

constexpr UnixTime kNow = testing::kDecisionTime;

Decision Decide(const AccountRecord& account, const TokenRecord& token,
                const Proof& proof, const ThrottlePolicy& policy = {}) {
  return DecideLogin(
      {.account = account, .tokens = {&token, 1}, .proofs = {&proof, 1}},
      policy, kNow);
}

struct WrongCodeCase {
  const char* name = "";
  TokenKind kind{};
  bool has_pin = false;
  bool pin_right = false;  // without a PIN: nothing is in front of the code
  Cause cause{};
  bool first_factor_known = false;
  bool counts_on_token = false;
};

// clang-format off
constexpr WrongCodeCase kWrongCodes[] = {
    //                      kind                has PIN, right,  cause                known, on token
    {"HOTP, right PIN",     TokenKind::kHotp,   true,    true,   Cause::kWrongCode,     true,  true},
    {"TOTP, right PIN",     TokenKind::kTotp,   true,    true,   Cause::kWrongCode,     true,  true},
    {"mOTP, right PIN",     TokenKind::kMotp,   true,    true,   Cause::kWrongCode,     true,  true},
    {"Yubico, right PIN",   TokenKind::kYubico, true,    true,   Cause::kWrongCode,     true,  false},
    {"HOTP, wrong PIN",     TokenKind::kHotp,   true,    false,  Cause::kWrongPin,      false, false},
    {"TOTP, wrong PIN",     TokenKind::kTotp,   true,    false,  Cause::kWrongPin,      false, false},
    {"mOTP, wrong PIN",     TokenKind::kMotp,   true,    false,  Cause::kWrongPin,      false, false},
    {"Yubico, wrong PIN",   TokenKind::kYubico, true,    false,  Cause::kUndecryptable, false, false},
    {"HOTP, no PIN",        TokenKind::kHotp,   false,   true,   Cause::kWrongCode,     false, true},
    {"Yubico, no PIN",      TokenKind::kYubico, false,   true,   Cause::kUndecryptable, false, false},
    {"HOTP, PIN too many",  TokenKind::kHotp,   false,   false,  Cause::kWrongPin,      false, false},
    {"Yubico, PIN too many", TokenKind::kYubico, false,  false,  Cause::kUndecryptable, false, false},
};
// clang-format on

TEST(WrongCode, CostsWhatTheTableSays) {
  for (const WrongCodeCase& one : kWrongCodes) {
    SCOPED_TRACE(one.name);
    const AccountRecord account =
        one.has_pin ? Person() : PersonWith(WithoutPin);
    TokenRecord token = Token(1, one.kind);
    token.throttle = Failed(7, std::chrono::hours(5));
    const Decision decision = Decide(account, token, Wrong(0, one.pin_right));
    EXPECT_EQ(decision.reason, Reason::kWrongCode);
    EXPECT_EQ(decision.cause, one.cause);
    EXPECT_EQ(Has(decision.hints, Hint::kFirstFactorKnown),
              one.first_factor_known);
    EXPECT_EQ(decision.token, 0U);
    EXPECT_EQ(TokenFailures(decision),
              one.counts_on_token ? std::optional<uint32_t>(8) : std::nullopt);
    EXPECT_EQ(decision.tokens.size(), one.counts_on_token ? 1U : 0U);
    if (one.counts_on_token) {
      EXPECT_EQ(decision.tokens[0].second.throttle, Failed(8));
    }
    EXPECT_EQ(decision.account.throttle, Failed(1));
  }
}

TEST(WrongCode, OnlyAWrongCodeTellsThatTheFirstFactorIsKnown) {
  for (const Proof& proof : {Fresh(0, true), Fresh(0, false), Stale(0, true)}) {
    const Decision decision = Decide(Person(), Token(1), proof);
    EXPECT_NE(decision.reason, Reason::kWrongCode);
    EXPECT_FALSE(Has(decision.hints, Hint::kFirstFactorKnown));
  }
}

TEST(WrongCode, CountsOnATokenOnlyWhenItCanBeNoOthers) {
  const AccountRecord account = Person();
  const TokenRecord tokens[] = {Token(1), Token(2)};
  const auto decide = [&](const std::vector<Proof>& proofs) {
    return DecideLogin({.account = account, .tokens = tokens, .proofs = proofs},
                       {}, kNow);
  };
  const Decision sole = decide({Wrong(1)});
  EXPECT_EQ(sole.token, 1U);
  EXPECT_EQ(TokenFailures(sole, 1), 1U);
  EXPECT_EQ(sole.tokens.size(), 1U);
  // The right PIN for one length is a wrong one for another.
  for (const bool right : {true, false}) {
    const Decision both = decide({Wrong(0, right), Wrong(1, true)});
    EXPECT_EQ(both.cause, Cause::kWrongCode);
    EXPECT_TRUE(Has(both.hints, Hint::kFirstFactorKnown));
    EXPECT_EQ(both.token, std::nullopt);
    EXPECT_TRUE(both.tokens.empty());
  }
  // Two readings of one token are one wrong code of it.
  const Decision twice = decide({Wrong(1), Wrong(1, false)});
  EXPECT_EQ(TokenFailures(twice, 1), 1U);
  EXPECT_EQ(twice.tokens.size(), 1U);
}

TEST(WrongCode, OfAnotherTokenThatIsLockedOrDisabledDoesNotHideWhoseItIs) {
  const AccountRecord account = Person();
  const TokenRecord tokens[] = {testing::TokenWith(1, testing::Locked),
                                testing::TokenWith(2, testing::Disabled),
                                Token(3)};
  const Proof proofs[] = {Wrong(0), Wrong(1), Wrong(2)};
  const Decision decision = DecideLogin(
      {.account = account, .tokens = tokens, .proofs = proofs}, {}, kNow);
  EXPECT_EQ(decision.token, 2U);
  EXPECT_EQ(TokenFailures(decision, 2), 1U);
}

// Checks with `proof` until the token is locked, at most `most`; how many.
int ChecksUntilLocked(const AccountRecord& account, TokenRecord token,
                      const Proof& proof, int most,
                      const ThrottlePolicy& policy = {}) {
  for (int count = 0; count < most; ++count) {
    const Decision decision = Decide(account, token, proof, policy);
    if (decision.reason == Reason::kLocked) {
      EXPECT_FALSE(decision.cause.has_value());
      EXPECT_TRUE(decision.tokens.empty());
      // Not even the right code opens it, and that one is not used up.
      const Decision good = Decide(account, token, Fresh(0, true), policy);
      EXPECT_EQ(good.reason, Reason::kLocked);
      EXPECT_TRUE(good.tokens.empty());
      return count;
    }
    EXPECT_EQ(decision.reason, Reason::kWrongCode);
    for (const auto& [index, change] : decision.tokens) {
      token = Apply(token, change, kNow).value();
    }
  }
  return most;
}

TEST(Lock, AHundredWrongCodesBehindTheRightPin) {
  const AccountRecord person = Person();
  const AccountRecord no_pin = PersonWith(WithoutPin);
  for (const TokenKind kind :
       {TokenKind::kHotp, TokenKind::kTotp, TokenKind::kMotp}) {
    EXPECT_EQ(ChecksUntilLocked(person, Token(1, kind), Wrong(0), 1000), 100);
    EXPECT_EQ(ChecksUntilLocked(no_pin, Token(1, kind), Wrong(0), 1000), 100);
  }
  EXPECT_EQ(ChecksUntilLocked(person, Token(1), Wrong(0), 1000, {.lock_at = 3}),
            3);
}

TEST(Lock, NobodyWithoutThePinLocksAToken) {
  EXPECT_EQ(ChecksUntilLocked(Person(), Token(1), Wrong(0, false), 1000), 1000);
  EXPECT_EQ(ChecksUntilLocked(PersonWith(WithoutPin), Token(1), Wrong(0, false),
                              1000),
            1000);
}

TEST(Lock, YubicoOtpsAreNotGuessed) {
  const TokenRecord token = Token(1, TokenKind::kYubico);
  for (const bool right : {true, false}) {
    EXPECT_EQ(ChecksUntilLocked(Person(), token, Wrong(0, right), 1000), 1000);
  }
}

TEST(Lock, ASuccessBeginsAnewAndABurnedCodeDoesNot) {
  TokenRecord token = Token(1);
  token.throttle = Failed(99);
  EXPECT_EQ(TokenFailures(Decide(Person(), token, Fresh(0, true))), 0U);
  EXPECT_EQ(TokenFailures(Decide(Person(), token, Fresh(0, false))),
            std::nullopt);
  EXPECT_EQ(TokenFailures(Decide(Person(), token, Stale(0, true))),
            std::nullopt);
}

}  // namespace
}  // namespace pawl::validator
