#include "validator/core/decide.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Position;
using db::Reason;
using db::TokenRecord;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);

AccountRecord Person() {
  AccountRecord account;
  account.id = {5000};
  account.login = "kim";
  return account;
}

TokenRecord Token(uint64_t id) {
  TokenRecord token;
  token.id = {id};
  token.kind = db::TokenKind::kHotp;
  token.position = 10;
  return token;
}

Proof Fresh(size_t token, bool pin_right, Position position = 11) {
  return {.token = token, .pin_right = pin_right, .fresh = position};
}
Proof Stale(size_t token, bool pin_right) {
  return {.token = token, .pin_right = pin_right, .stale = true};
}
Proof Wrong(size_t token, bool pin_right = true) {
  return {.token = token, .pin_right = pin_right};
}

db::ThrottleState Failed(uint32_t failures, Millis ago = Millis{0}) {
  return {.failures = failures, .last_failure = kNow - ago};
}

struct LoginCase {
  const char* name = "";
  AccountRecord account = Person();
  std::vector<TokenRecord> tokens = {Token(1), Token(2)};
  std::vector<Proof> proofs{};
  Reason reason = Reason::kWrongCode;
  // Consecutive failures after it; nullopt: the account row is not written.
  std::optional<uint32_t> failures = std::nullopt;
  // Index and new position of each token that moves.
  std::vector<std::pair<size_t, Position>> moved{};
};

AccountRecord With(void (*change)(AccountRecord&)) {
  AccountRecord account = Person();
  change(account);
  return account;
}
TokenRecord TokenWith(uint64_t id, void (*change)(TokenRecord&)) {
  TokenRecord token = Token(id);
  change(token);
  return token;
}

std::vector<LoginCase> LoginCases() {
  const auto disabled = [](TokenRecord& t) { t.enabled = false; };
  const auto locked = [](TokenRecord& t) { t.throttle = Failed(100); };
  const auto slowed = [](TokenRecord& t) { t.throttle = Failed(6); };
  return {
      {.name = "fresh code, right PIN",
       .proofs = {Fresh(0, true)},
       .reason = Reason::kGoodCode,
       .moved = {{0, 11}}},
      {.name = "a success clears the failures",
       .account = With([](AccountRecord& a) { a.throttle = Failed(4); }),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kGoodCode,
       .failures = 0,
       .moved = {{0, 11}}},
      {.name = "only the matching token moves",
       .proofs = {Wrong(0), Fresh(1, true, 99)},
       .reason = Reason::kGoodCode,
       .moved = {{1, 99}}},
      {.name = "a right PIN wins, and the text is used up for every token",
       .proofs = {Fresh(0, false), Fresh(1, true)},
       .reason = Reason::kGoodCode,
       .moved = {{1, 11}, {0, 11}}},
      {.name = "wrong PIN burns the code",
       .proofs = {Fresh(0, false)},
       .reason = Reason::kWrongPin,
       .failures = 1,
       .moved = {{0, 11}}},
      {.name = "wrong PIN burns every code it stood in front of",
       .proofs = {Fresh(0, false), Fresh(1, false, 40)},
       .reason = Reason::kWrongPin,
       .failures = 1,
       .moved = {{0, 11}, {1, 40}}},
      {.name = "an old code is a replay and no guess",
       .proofs = {Stale(0, true)},
       .reason = Reason::kReplayed},
      {.name = "an old code tells nothing about the PIN",
       .proofs = {Stale(0, false)},
       .reason = Reason::kReplayed},
      {.name = "an old code that was also tried on another token is a guess",
       .proofs = {Stale(0, true), Wrong(1)},
       .reason = Reason::kReplayed,
       .failures = 1},
      {.name = "wrong code",
       .proofs = {Wrong(0)},
       .reason = Reason::kWrongCode,
       .failures = 1},
      {.name = "nothing a token types",
       .reason = Reason::kMalformed,
       .failures = 1},
      {.name = "no token at all",
       .tokens = {},
       .reason = Reason::kNoToken,
       .failures = 1},
      {.name = "only disabled tokens, nothing typed for them",
       .tokens = {TokenWith(1, disabled)},
       .reason = Reason::kNoToken,
       .failures = 1},
      {.name = "fresh code of a disabled token is not used up",
       .tokens = {TokenWith(1, disabled)},
       .proofs = {Fresh(0, true)},
       .reason = Reason::kTokenDisabled,
       .failures = 1},
      {.name = "wrong code of a disabled token",
       .tokens = {TokenWith(1, disabled)},
       .proofs = {Wrong(0)},
       .reason = Reason::kWrongCode,
       .failures = 1},
      {.name = "locked token: not looked at",
       .tokens = {TokenWith(1, locked)},
       .proofs = {Fresh(0, true)},
       .reason = Reason::kLocked},
      {.name = "throttled token: not looked at",
       .tokens = {TokenWith(1, slowed)},
       .proofs = {Fresh(0, true)},
       .reason = Reason::kThrottled},
      {.name = "a locked token does not lock its owner's other token",
       .tokens = {TokenWith(1, locked), Token(2)},
       .proofs = {Wrong(0), Fresh(1, true)},
       .reason = Reason::kGoodCode,
       .moved = {{1, 11}}},
      {.name = "account disabled",
       .account = With([](AccountRecord& a) { a.enabled = false; }),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kAccountDisabled},
      {.name = "account throttled: the code is not used up",
       .account = With([](AccountRecord& a) { a.throttle = Failed(6); }),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kThrottled},
      {.name = "account locked",
       .account = With([](AccountRecord& a) {
         a.throttle = Failed(100, std::chrono::hours(99));
       }),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kLocked},
      {.name = "a stranger never gets in",
       .account = With([](AccountRecord& a) { a.login.clear(); }),
       .proofs = {Fresh(0, true)},
       .reason = Reason::kUnknownAccount,
       .failures = 1},
      {.name = "a stranger is never throttled",
       .account = With([](AccountRecord& a) {
         a.login.clear();
         a.throttle = Failed(100);
       }),
       .reason = Reason::kUnknownAccount},
  };
}

TEST(DecideLogin, FollowsTheTable) {
  for (const LoginCase& one : LoginCases()) {
    SCOPED_TRACE(one.name);
    const Decision decision =
        DecideLogin(one.account, one.tokens, one.proofs, {}, kNow);
    EXPECT_EQ(ToString(decision.reason), ToString(one.reason));
    const std::optional<uint32_t> failures =
        decision.account.throttle.has_value()
            ? std::optional(decision.account.throttle->failures)
            : std::nullopt;
    if (one.account.login.empty() && one.account.throttle.failures == 100) {
      EXPECT_EQ(failures.value_or(100), 100U);
    } else {
      EXPECT_EQ(failures, one.failures);
    }
    std::vector<std::pair<size_t, Position>> moved;
    for (const auto& [index, change] : decision.tokens) {
      if (change.advance_to.has_value()) {
        moved.emplace_back(index, *change.advance_to);
      }
    }
    EXPECT_EQ(moved, one.moved);
    EXPECT_EQ(decision.retry_after > Millis{0},
              decision.reason == Reason::kThrottled);
  }
}

TEST(DecideLogin, AWrongCodeCountsOnATokenOnlyWhenItCanBeNoOthers) {
  const TokenRecord tokens[] = {Token(1), Token(2)};
  const Proof one[] = {Wrong(1)};
  const Decision sole = DecideLogin(Person(), tokens, one, {}, kNow);
  ASSERT_EQ(sole.tokens.size(), 1U);
  EXPECT_EQ(sole.tokens[0].first, 1U);
  EXPECT_EQ(sole.tokens[0].second.throttle->failures, 1U);
  const Proof both[] = {Wrong(0), Wrong(1)};
  EXPECT_TRUE(DecideLogin(Person(), tokens, both, {}, kNow).tokens.empty());
}

TEST(DecideOtp, FollowsTheToken) {
  TokenRecord token = Token(1);
  const Proof fresh[] = {Fresh(0, false)};
  const Proof stale[] = {Stale(0, false)};
  const Proof wrong[] = {Wrong(0)};
  EXPECT_EQ(DecideOtp(token, fresh, {}, kNow).reason, Reason::kGoodCode);
  EXPECT_EQ(DecideOtp(token, stale, {}, kNow).reason, Reason::kReplayed);
  EXPECT_TRUE(DecideOtp(token, stale, {}, kNow).tokens.empty());
  const Decision refused = DecideOtp(token, wrong, {}, kNow);
  EXPECT_EQ(refused.reason, Reason::kWrongCode);
  EXPECT_EQ(refused.tokens.at(0).second.throttle->failures, 1U);
  EXPECT_EQ(DecideOtp(token, {}, {}, kNow).reason, Reason::kMalformed);
  token.throttle = Failed(6);
  EXPECT_EQ(DecideOtp(token, fresh, {}, kNow).reason, Reason::kThrottled);
  token.throttle = Failed(100);
  EXPECT_EQ(DecideOtp(token, fresh, {}, kNow).reason, Reason::kLocked);
  token.enabled = false;
  EXPECT_EQ(DecideOtp(token, fresh, {}, kNow).reason, Reason::kTokenDisabled);
}

TEST(DecideResync, AFailureCountsLikeAWrongCode) {
  const TokenRecord token = Token(1);
  const Decision failed = DecideResync(token, {}, {}, kNow);
  EXPECT_EQ(failed.reason, Reason::kNotConsecutive);
  EXPECT_EQ(failed.tokens.at(0).second.throttle->failures, 1U);
  const Decision done = DecideResync(
      token, {.found = Resync{.second = 55, .drift = 0}}, {}, kNow);
  EXPECT_EQ(done.reason, Reason::kGoodCode);
  EXPECT_EQ(done.tokens.at(0).second.advance_to, 55U);
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
      const Decision decision =
          DecideLogin(account, {&token, 1}, {&proof, 1}, {}, now);
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
