// Logins with a code: the table of DESIGN.md. What failures cost is in
// decide_cause_test.cc, spare codes in decide_spare_test.cc, codes without an
// account in decide_otp_test.cc.
#include "validator/core/decide.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/decisions.h"

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Cause;
using db::Position;
using db::Reason;
using db::TokenRecord;
using testing::AccountFailures;
using testing::AsStranger;
using testing::Disabled;
using testing::Failed;
using testing::Fresh;
using testing::kClosedGate;
using testing::Locked;
using testing::Moves;
using testing::MovesOf;
using testing::Person;
using testing::PersonWith;
using testing::Stale;
using testing::Token;
using testing::TokenWith;
using testing::Unconfirmed;
using testing::Wrong;

constexpr UnixTime kNow = testing::kDecisionTime;

struct LoginCase {
  const char* name = "";
  AccountRecord account = Person();
  std::vector<TokenRecord> tokens = {Token(1), Token(2)};
  std::vector<Proof> proofs{};
  GateState gate{};
  Reason reason = Reason::kWrongCode;
  std::optional<Cause> cause = std::nullopt;
  Moves moved{};
  std::optional<size_t> token = std::nullopt;  // whose code it was
};

std::vector<LoginCase> RefusedAtOnce() {
  const auto disable = [](AccountRecord& a) { a.enabled = false; };
  return {
      {.name = "D1 a stranger never gets in",
       .account = PersonWith(AsStranger),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kUnknownAccount,
       .cause = Cause::kUnknown},
      {.name = "D1 nor is stopped for what the row has counted",
       .account = PersonWith([](AccountRecord& a) {
         AsStranger(a);
         a.throttle = Failed(100);
       }),
       .tokens = {},
       .reason = Reason::kUnknownAccount,
       .cause = Cause::kUnknown},
      {.name = "D1 a stranger's row is enabled whatever it says",
       .account = PersonWith([](AccountRecord& a) {
         AsStranger(a);
         a.enabled = false;
       }),
       .reason = Reason::kUnknownAccount,
       .cause = Cause::kUnknown},
      {.name = "D3 a stranger is stopped like anybody",
       .account = PersonWith(AsStranger),
       .proofs = {Fresh(0, true)},
       .gate = kClosedGate,
       .reason = Reason::kThrottled},
      {.name = "D2 account disabled",
       .account = PersonWith(disable),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kAccountDisabled},
      {.name = "D2 before D3",
       .account = PersonWith(disable),
       .proofs = {Fresh(0, true)},
       .gate = kClosedGate,
       .reason = Reason::kAccountDisabled},
      {.name = "D3 gate closed: the code is not used up",
       .proofs = {Fresh(0, true)},
       .gate = kClosedGate,
       .reason = Reason::kThrottled},
      {.name = "D3 gate closed: nothing counts",
       .proofs = {Wrong(0)},
       .gate = kClosedGate,
       .reason = Reason::kThrottled},
      {.name = "D3 what the account's row has counted closes nothing",
       .account =
           PersonWith([](AccountRecord& a) { a.throttle = Failed(100); }),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}},
       .token = 0},
      {.name = "D4 no token at all",
       .tokens = {},
       .reason = Reason::kNoToken,
       .cause = Cause::kWrongPin},
      {.name = "D4 only disabled tokens, nothing typed for them",
       .tokens = {TokenWith(1, Disabled)},
       .reason = Reason::kNoToken,
       .cause = Cause::kWrongPin},
      {.name = "D4 only unconfirmed tokens, nothing typed for them",
       .tokens = {TokenWith(1, Unconfirmed)},
       .reason = Reason::kNoToken,
       .cause = Cause::kWrongPin},
  };
}

std::vector<LoginCase> Weighed() {
  return {
      {.name = "D5 fresh code, right PIN",
       .proofs = {Fresh(0, true)},
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}},
       .token = 0},
      {.name = "D5 only the matching token moves",
       .proofs = {Wrong(0), Fresh(1, true, 99)},
       .reason = Reason::kGoodCode,
       .moved = {{1, 99}},
       .token = 1},
      {.name = "D5 a right PIN wins, and the text is used up for every token",
       .proofs = {Fresh(0, false), Fresh(1, true)},
       .reason = Reason::kGoodCode,
       .moved = {{1, 11}, {0, 11}},
       .token = 1},
      {.name = "D5 two readings of one token move it once",
       .proofs = {Fresh(0, true), Fresh(0, false, 12)},
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}},
       .token = 0},
      {.name = "D5 an old code of another token does not matter",
       .proofs = {Stale(0, true), Fresh(1, true)},
       .reason = Reason::kGoodCode,
       .moved = {{1, 11}},
       .token = 1},
      {.name = "D5 a locked token does not lock its owner's other token",
       .tokens = {TokenWith(1, Locked), Token(2)},
       .proofs = {Fresh(0, true), Fresh(1, true)},
       .reason = Reason::kGoodCode,
       .moved = {{1, 11}},
       .token = 1},
      {.name = "D5 nor does a disabled or unconfirmed one stop it, or move",
       .tokens = {TokenWith(1, Disabled), TokenWith(2, Unconfirmed), Token(3)},
       .proofs = {Fresh(0, true), Fresh(1, true), Fresh(2, true)},
       .reason = Reason::kGoodCode,
       .moved = {{2, 11}},
       .token = 2},
      {.name = "D6 wrong PIN burns the code",
       .proofs = {Fresh(0, false)},
       .reason = Reason::kWrongPin,
       .cause = Cause::kWrongPin,
       .moved = {{0, 11}},
       .token = 0},
      {.name = "D6 and every code it stood in front of",
       .proofs = {Fresh(0, false), Fresh(1, false, 40)},
       .reason = Reason::kWrongPin,
       .cause = Cause::kWrongPin,
       .moved = {{0, 11}, {1, 40}},
       .token = 0},
      {.name = "D6 before D7",
       .proofs = {Stale(0, true), Fresh(1, false)},
       .reason = Reason::kWrongPin,
       .cause = Cause::kWrongPin,
       .moved = {{1, 11}},
       .token = 1},
      {.name = "D7 an old code is a replay and no guess",
       .proofs = {Stale(0, true)},
       .reason = Reason::kReplayed,
       .token = 0},
      {.name = "D7 it tells nothing about the PIN",
       .proofs = {Stale(0, false)},
       .reason = Reason::kReplayed,
       .token = 0},
      {.name = "D7 two readings of one token are no guess either",
       .proofs = {Stale(0, false), Wrong(0)},
       .reason = Reason::kReplayed,
       .token = 0},
      {.name = "D7 what was also tried on another token is a guess",
       .proofs = {Wrong(1), Stale(0, true)},
       .reason = Reason::kReplayed,
       .cause = Cause::kWrongPin,
       .token = 0},
      {.name = "D8 no token knows the code",
       .proofs = {Wrong(0, false)},
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongPin,
       .token = 0},
      {.name = "D8 whose it was is not known of two",
       .proofs = {Wrong(0, false), Wrong(1, false)},
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongPin},
      {.name = "D9 locked token: not looked at",
       .tokens = {TokenWith(1, Locked)},
       .proofs = {Fresh(0, true)},
       .reason = Reason::kLocked},
      {.name = "D9 nor is a wrong code of it counted",
       .tokens = {TokenWith(1, Locked)},
       .proofs = {Wrong(0, false)},
       .reason = Reason::kLocked},
      {.name = "D9 fresh code of a disabled token is not used up",
       .tokens = {TokenWith(1, Disabled), Token(2)},
       .proofs = {Fresh(0, true)},
       .reason = Reason::kTokenDisabled,
       .cause = Cause::kWrongPin,
       .token = 0},
      {.name = "D9 nor that of an unconfirmed one",
       .tokens = {TokenWith(1, Unconfirmed), Token(2)},
       .proofs = {Fresh(0, true)},
       .reason = Reason::kTokenDisabled,
       .cause = Cause::kWrongPin,
       .token = 0},
      {.name = "D9 wrong or old codes of a disabled token are wrong",
       .tokens = {TokenWith(1, Disabled), TokenWith(2, Disabled)},
       .proofs = {Wrong(0), Stale(1, true)},
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongPin},
      {.name = "D9 locked before disabled",
       .tokens = {TokenWith(1, Disabled), TokenWith(2, Locked)},
       .proofs = {Fresh(0, true), Wrong(1)},
       .reason = Reason::kLocked},
      {.name = "D9 only when no open token was meant",
       .tokens = {TokenWith(1, Locked), Token(2)},
       .proofs = {Fresh(0, true), Wrong(1, false)},
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongPin,
       .token = 1},
      {.name = "D10 nothing a token types",
       .reason = Reason::kMalformed,
       .cause = Cause::kWrongPin},
      {.name = "D10 of a locked token too",
       .tokens = {TokenWith(1, Locked)},
       .reason = Reason::kMalformed,
       .cause = Cause::kWrongPin},
  };
}

void Check(const LoginCase& one) {
  SCOPED_TRACE(one.name);
  const Decision decision = DecideLogin({.account = one.account,
                                         .tokens = one.tokens,
                                         .proofs = one.proofs,
                                         .gate = one.gate},
                                        {}, kNow);
  EXPECT_EQ(ToString(decision.reason), ToString(one.reason));
  EXPECT_EQ(decision.cause, one.cause);
  EXPECT_EQ(MovesOf(decision), one.moved);
  EXPECT_EQ(decision.token, one.token);
  // The account's own row: what costs counts, a yes clears, else not written.
  const uint32_t before = one.account.throttle.failures;
  std::optional<uint32_t> after;
  if (one.cause.has_value()) {
    after = before + 1;
  } else if (one.reason == Reason::kGoodCode && before > 0) {
    after = 0;
  }
  EXPECT_EQ(AccountFailures(decision), after);
  EXPECT_FALSE(decision.account.spare_codes.has_value());
  EXPECT_EQ(decision.retry_after, one.reason == Reason::kThrottled
                                      ? one.gate.retry_after
                                      : Millis{0});
  if (one.reason == Reason::kThrottled || one.reason == Reason::kLocked) {
    EXPECT_TRUE(decision.tokens.empty());
  }
}

TEST(DecideLogin, FollowsTheTable) {
  for (const LoginCase& one : RefusedAtOnce()) {
    Check(one);
  }
  for (const LoginCase& one : Weighed()) {
    Check(one);
  }
}

TEST(DecideLogin, AcceptingClearsTheTokenAndMarksItsUse) {
  TokenRecord token = Token(1);
  token.throttle = Failed(4, std::chrono::hours(1));
  Proof proof = Fresh(0, true);
  proof.drift = 3;
  proof.hints = proof.hints | db::Hint::kClockDrift;
  const AccountRecord account = Person();
  const Decision decision = DecideLogin(
      {.account = account, .tokens = {&token, 1}, .proofs = {&proof, 1}}, {},
      kNow);
  ASSERT_EQ(decision.tokens.size(), 1U);
  const db::TokenChange& change = decision.tokens[0].second;
  EXPECT_EQ(change.advance_to, 11U);
  EXPECT_EQ(change.drift, 3);
  EXPECT_EQ(change.throttle, Failed(0, std::chrono::hours(1)));
  EXPECT_EQ(change.used_at, kNow);
  EXPECT_FALSE(change.confirmed.has_value());
  EXPECT_EQ(decision.hints, proof.hints);
}

TEST(DecideLogin, BurningMovesTheTokenAndNothingElse) {
  TokenRecord token = Token(1);
  token.throttle = Failed(4);
  Proof proof = Fresh(0, false);
  proof.drift = 3;
  proof.hints = proof.hints | db::Hint::kUpperCase;
  const AccountRecord account = Person();
  const Decision decision = DecideLogin(
      {.account = account, .tokens = {&token, 1}, .proofs = {&proof, 1}}, {},
      kNow);
  ASSERT_EQ(decision.tokens.size(), 1U);
  const db::TokenChange& change = decision.tokens[0].second;
  EXPECT_EQ(change.advance_to, 11U);
  EXPECT_EQ(change.drift, 3);
  EXPECT_FALSE(change.throttle.has_value());
  EXPECT_FALSE(change.used_at.has_value());
  EXPECT_EQ(decision.hints, proof.hints);
}

TEST(DecideLogin, WhatAReplayHasShownIsTold) {
  const TokenRecord token = Token(1);
  const AccountRecord account = Person();
  Proof proof = Stale(0, true);
  proof.hints = proof.hints | db::Hint::kCloneSuspected;
  const Decision decision = DecideLogin(
      {.account = account, .tokens = {&token, 1}, .proofs = {&proof, 1}}, {},
      kNow);
  EXPECT_EQ(decision.reason, Reason::kReplayed);
  EXPECT_EQ(decision.hints, proof.hints);
}

// Whatever proofs a history brings, accepted and burned positions only grow,
// and none is ever accepted twice.
TEST(DecideLogin, NoHistoryAcceptsAPositionTwice) {
  std::mt19937_64 random(7);
  size_t total = 0;
  for (int history = 0; history < 200; ++history) {
    AccountRecord account = Person();
    TokenRecord token = Token(1);
    token.position = std::nullopt;
    std::set<Position> accepted;
    UnixTime now = kNow;
    for (int step = 0; step < 60; ++step) {
      now += std::chrono::minutes(6);
      const Position shown = random() % 40;
      Proof proof{.token = 0, .pin_right = random() % 3 != 0};
      if (!token.position.has_value() || shown > *token.position) {
        proof.fresh = shown;
      } else {
        proof.stale = true;
      }
      const Decision decision = DecideLogin(
          {.account = account, .tokens = {&token, 1}, .proofs = {&proof, 1}},
          {}, now);
      account = Apply(account, decision.account, now);
      for (const auto& [index, change] : decision.tokens) {
        const StatusOr<TokenRecord> after = Apply(token, change, now);
        ASSERT_TRUE(after.ok());
        token = *after;
      }
      if (decision.reason == Reason::kGoodCode) {
        EXPECT_TRUE(accepted.insert(shown).second);
        EXPECT_EQ(token.position, shown);
      }
    }
    total += accepted.size();
  }
  EXPECT_GT(total, 400U);
}

}  // namespace
}  // namespace pawl::validator
