// Codes without an account, account passwords, and what is refused at once
// (validator/core/decide.h).
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
using std::chrono::hours;
using testing::AsStranger;
using testing::Disabled;
using testing::Failed;
using testing::Fresh;
using testing::kClosedGate;
using testing::Locked;
using testing::MovesOf;
using testing::Person;
using testing::PersonWith;
using testing::Stale;
using testing::Token;
using testing::TokenFailures;
using testing::TokenWith;
using testing::Unconfirmed;
using testing::Wrong;

constexpr UnixTime kNow = testing::kDecisionTime;

struct OtpCase {
  const char* name = "";
  TokenRecord token = Token(1);
  std::vector<Proof> proofs{};
  GateState gate{};
  bool confirming = false;
  Reason reason = Reason::kWrongCode;
  std::optional<Cause> cause = std::nullopt;
  testing::Moves moved{};
  std::optional<uint32_t> failures = std::nullopt;  // of the token, as written
};

std::vector<OtpCase> OtpCases() {
  const auto yubico = [](TokenRecord& t) { t.kind = TokenKind::kYubico; };
  const auto failed = [](TokenRecord& t) { t.throttle = Failed(7); };
  return {
      {.name = "fresh",
       .proofs = {Fresh(0, false)},
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}}},
      {.name = "fresh clears what the token has counted",
       .token = TokenWith(1, failed),
       .proofs = {Fresh(0, false)},
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}},
       .failures = 0},
      {.name = "the second reading is the right one",
       .proofs = {Wrong(0), Fresh(0, false, 20)},
       .reason = Reason::kGoodCode,
       .moved = {{0, 20}}},
      {.name = "stale is no guess",
       .proofs = {Wrong(0), Stale(0, false)},
       .reason = Reason::kReplayed},
      {.name = "wrong",
       .token = TokenWith(1, failed),
       .proofs = {Wrong(0)},
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongCode,
       .failures = 8},
      {.name = "nothing it types",
       .reason = Reason::kMalformed,
       .cause = Cause::kWrongCode,
       .failures = 1},
      {.name = "a Yubico OTP is not guessed",
       .token = TokenWith(1, yubico),
       .proofs = {Wrong(0)},
       .reason = Reason::kWrongCode,
       .cause = Cause::kUndecryptable,
       .failures = 0},
      {.name = "closed gate: not looked at",
       .proofs = {Fresh(0, false)},
       .gate = kClosedGate,
       .reason = Reason::kThrottled},
      {.name = "closed gate: a real OTP of a key passes",
       .token = TokenWith(1, yubico),
       .proofs = {Fresh(0, false)},
       .gate = kClosedGate,
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}}},
      {.name = "closed gate: a used one does not",
       .token = TokenWith(1, yubico),
       .proofs = {Stale(0, false)},
       .gate = kClosedGate,
       .reason = Reason::kThrottled},
      {.name = "closed gate: what another server says is not looked at",
       .token =
           TokenWith(1, [](TokenRecord& t) { t.kind = TokenKind::kYubicloud; }),
       .proofs = {Fresh(0, false)},
       .gate = kClosedGate,
       .reason = Reason::kThrottled},
      {.name = "locked token: not looked at",
       .token = TokenWith(1, Locked),
       .proofs = {Fresh(0, false)},
       .reason = Reason::kLocked},
      {.name = "locked before throttled",
       .token = TokenWith(1, Locked),
       .proofs = {Fresh(0, false)},
       .gate = kClosedGate,
       .reason = Reason::kLocked},
      {.name = "disabled before anything",
       .token = TokenWith(1, Disabled),
       .proofs = {Fresh(0, false)},
       .gate = kClosedGate,
       .reason = Reason::kTokenDisabled},
      {.name = "unconfirmed like disabled",
       .token = TokenWith(1, Unconfirmed),
       .proofs = {Fresh(0, false)},
       .reason = Reason::kTokenDisabled},
      {.name = "confirming: its first code",
       .token = TokenWith(1, Unconfirmed),
       .proofs = {Fresh(0, false)},
       .confirming = true,
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}}},
      {.name = "confirming: wrong",
       .token = TokenWith(1, Unconfirmed),
       .proofs = {Wrong(0)},
       .confirming = true,
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongCode,
       .failures = 1},
      {.name = "confirming: stale",
       .token = TokenWith(1, Unconfirmed),
       .proofs = {Stale(0, false)},
       .confirming = true,
       .reason = Reason::kReplayed},
      {.name = "confirming: closed gate",
       .token = TokenWith(1, Unconfirmed),
       .proofs = {Fresh(0, false)},
       .gate = kClosedGate,
       .confirming = true,
       .reason = Reason::kThrottled},
      {.name = "confirming what is confirmed",
       .proofs = {Fresh(0, false)},
       .confirming = true,
       .reason = Reason::kTokenDisabled},
      {.name = "confirming what was disabled meanwhile",
       .token = TokenWith(1,
                          [](TokenRecord& t) {
                            Unconfirmed(t);
                            Disabled(t);
                          }),
       .proofs = {Fresh(0, false)},
       .confirming = true,
       .reason = Reason::kTokenDisabled},
  };
}

TEST(DecideOtp, FollowsTheTable) {
  for (const OtpCase& one : OtpCases()) {
    SCOPED_TRACE(one.name);
    const Decision decision =
        DecideOtp(one.token, one.proofs, one.gate, one.confirming, {}, kNow);
    EXPECT_EQ(ToString(decision.reason), ToString(one.reason));
    EXPECT_EQ(decision.cause, one.cause);
    EXPECT_EQ(MovesOf(decision), one.moved);
    EXPECT_EQ(TokenFailures(decision), one.failures);
    EXPECT_TRUE(decision.account.Empty());
    EXPECT_EQ(decision.retry_after, one.reason == Reason::kThrottled
                                        ? one.gate.retry_after
                                        : Millis{0});
    if (!one.cause.has_value() && one.reason != Reason::kGoodCode) {
      EXPECT_TRUE(decision.tokens.empty());
    }
    for (const auto& [index, change] : decision.tokens) {
      const TokenRecord after = Apply(one.token, change, kNow).value();
      EXPECT_EQ(index, 0U);
      // When the last failure was is known from the row, also of a Yubico
      // token.
      if (one.cause.has_value()) {
        EXPECT_EQ(after.throttle.last_failure, kNow);
      }
      // A code, and nothing else, makes a token active.
      EXPECT_EQ(after.confirmed,
                one.token.confirmed || one.reason == Reason::kGoodCode);
    }
  }
}

TEST(DecideOtp, HintsGoWithTheAnswer) {
  Proof fresh = Fresh(0, false);
  fresh.hints = fresh.hints | Hint::kDelayed;
  Proof stale = Stale(0, false);
  stale.hints = stale.hints | Hint::kCloneSuspected;
  const auto hints = [](const Proof& proof) {
    return DecideOtp(Token(1), {&proof, 1}, {}, false, {}, kNow).hints;
  };
  EXPECT_EQ(hints(fresh), fresh.hints);
  EXPECT_EQ(hints(stale), stale.hints);
}

TEST(DecideOtp, AHundredWrongCodesLockButNoYubicoToken) {
  for (const TokenKind kind : {TokenKind::kHotp, TokenKind::kYubico}) {
    TokenRecord token = Token(1, kind);
    const Proof wrong = Wrong(0);
    for (int i = 0; i < 150; ++i) {
      const Decision decision =
          DecideOtp(token, {&wrong, 1}, {}, false, {}, kNow);
      const bool locked = kind == TokenKind::kHotp && i >= 100;
      ASSERT_EQ(decision.reason, locked ? Reason::kLocked : Reason::kWrongCode)
          << i;
      if (!locked) {
        token = Apply(token, decision.tokens.at(0).second, kNow).value();
      }
    }
    EXPECT_EQ(token.throttle.failures, kind == TokenKind::kHotp ? 100U : 0U);
  }
}

TEST(DecideResync, AFailureCountsLikeAWrongCode) {
  TokenRecord token = Token(1);
  token.throttle = Failed(3);
  const Decision failed = DecideResync(token, {}, {}, kNow);
  EXPECT_EQ(failed.reason, Reason::kNotConsecutive);
  EXPECT_EQ(TokenFailures(failed), 4U);
  EXPECT_TRUE(MovesOf(failed).empty());
}

TEST(DecideResync, ASuccessMovesToTheSecondCode) {
  TokenRecord token = Token(1);
  token.throttle = Failed(3);
  const Decision done = DecideResync(
      token, {.found = Resync{.second = 55, .drift = -4}}, {}, kNow);
  EXPECT_EQ(done.reason, Reason::kGoodCode);
  EXPECT_EQ(MovesOf(done), (testing::Moves{{0, 55}}));
  EXPECT_EQ(done.tokens.at(0).second.drift, -4);
  EXPECT_EQ(TokenFailures(done), 0U);
}

TEST(DecideResync, IsNoWayAroundALockOrConfirmation) {
  const ResyncProof found{.found = Resync{.second = 55, .drift = 0}};
  const std::pair<void (*)(TokenRecord&), Reason> cases[] = {
      {Locked, Reason::kLocked},
      {Disabled, Reason::kTokenDisabled},
      {Unconfirmed, Reason::kTokenDisabled}};
  for (const auto& [change, reason] : cases) {
    const Decision decision =
        DecideResync(TokenWith(1, change), found, {}, kNow);
    EXPECT_EQ(decision.reason, reason);
    EXPECT_TRUE(decision.tokens.empty());
  }
}

TEST(DecidePassword, RightClearsAndWrongCounts) {
  const AccountRecord account =
      PersonWith([](AccountRecord& a) { a.throttle = Failed(3, hours(1)); });
  const Decision right = DecidePassword(account, true, kNow);
  EXPECT_EQ(right.reason, Reason::kGoodPassword);
  EXPECT_EQ(right.cause, std::nullopt);
  EXPECT_EQ(right.account.throttle, Failed(0, hours(1)));
  const Decision wrong = DecidePassword(account, false, kNow);
  EXPECT_EQ(wrong.reason, Reason::kWrongPassword);
  EXPECT_EQ(wrong.cause, Cause::kPassword);
  EXPECT_EQ(wrong.account.throttle, Failed(4));
  // Nothing to clear: the row is not written.
  EXPECT_TRUE(DecidePassword(Person(), true, kNow).account.Empty());
}

TEST(RefuseAtOnce, DisabledThenGateThenStranger) {
  AccountRecord disabled = Person();
  disabled.enabled = false;
  const AccountRecord stranger = PersonWith(AsStranger);
  struct Case {
    const AccountRecord& account;
    GateState gate{};
    std::optional<Reason> reason = std::nullopt;
    std::optional<Cause> cause = std::nullopt;
  };
  const AccountRecord person = Person();
  const GateState locked{.gate = Gate::kLocked};
  const Case cases[] = {
      {person, {}, std::nullopt},
      {person, kClosedGate, Reason::kThrottled},
      {person, locked, Reason::kLocked},
      {disabled, {}, Reason::kAccountDisabled},
      {disabled, kClosedGate, Reason::kAccountDisabled},
      {stranger, {}, Reason::kUnknownAccount, Cause::kUnknown},
      {stranger, kClosedGate, Reason::kThrottled},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    SCOPED_TRACE(i);
    const std::optional<Decision> refused =
        RefuseAtOnce(cases[i].account, cases[i].gate, kNow);
    ASSERT_EQ(refused.has_value(), cases[i].reason.has_value());
    if (!refused.has_value()) {
      continue;
    }
    EXPECT_EQ(refused->reason, cases[i].reason);
    EXPECT_EQ(refused->cause, cases[i].cause);
    EXPECT_EQ(refused->retry_after,
              cases[i].gate.retry_after *
                  (cases[i].reason == Reason::kThrottled ? 1 : 0));
    EXPECT_EQ(refused->account.throttle, cases[i].cause.has_value()
                                             ? std::optional(Failed(1))
                                             : std::nullopt);
    EXPECT_TRUE(refused->tokens.empty());
  }
}

TEST(CountOnAccount, WhatCostsCountsAndAYesKeepsWhenTheLastWas) {
  const AccountRecord account =
      PersonWith([](AccountRecord& a) { a.throttle = Failed(5, hours(3)); });
  const auto counted = [&](Reason reason, std::optional<Cause> cause) {
    Decision decision{.reason = reason, .cause = cause};
    CountOnAccount(account, kNow, decision);
    return decision.account.throttle;
  };
  for (const Cause cause :
       {Cause::kUnknown, Cause::kUndecryptable, Cause::kWrongPin,
        Cause::kWrongCode, Cause::kPassword, Cause::kDevicePassword}) {
    EXPECT_EQ(counted(Reason::kWrongCode, cause), Failed(6));
  }
  for (const Reason yes :
       {Reason::kGoodCode, Reason::kGoodPassword, Reason::kGoodRecoveryCode,
        Reason::kGoodDevicePassword, Reason::kGoodSession}) {
    EXPECT_EQ(counted(yes, std::nullopt), Failed(0, hours(3)));
  }
  for (const Reason neither :
       {Reason::kReplayed, Reason::kThrottled, Reason::kLocked,
        Reason::kDelegate, Reason::kPolicy, Reason::kAccountDisabled}) {
    EXPECT_EQ(counted(neither, std::nullopt), std::nullopt);
  }
  Decision first{.reason = Reason::kGoodCode};
  CountOnAccount(Person(), kNow, first);
  EXPECT_TRUE(first.account.Empty());
}

}  // namespace
}  // namespace pawl::validator
