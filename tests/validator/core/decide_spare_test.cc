// Recovery and temporary codes in a login (validator/core/decide.h).
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/decisions.h"
#include "validator/core/decide.h"

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Cause;
using db::Reason;
using db::SpareCode;
using db::TokenRecord;
using testing::AccountFailures;
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
using testing::TokenWith;
using testing::Unconfirmed;
using testing::Wrong;

constexpr UnixTime kNow = testing::kDecisionTime;

// Three recovery codes, the second one used, and a temporary code.
std::vector<SpareCode> Codes(UnixTime expires = kNow + Millis(1)) {
  return {{.mac = std::string(16, 'a')},
          {.mac = std::string(16, 'b'), .used = true},
          {.mac = std::string(16, 'c')},
          {.mac = std::string(16, 't'), .expires = expires}};
}
constexpr size_t kFresh = 0;
constexpr size_t kUsed = 1;
constexpr size_t kTemporary = 3;

struct Case {
  const char* name = "";
  AccountRecord account = Person();
  std::vector<TokenRecord> tokens = {Token(1)};
  std::vector<Proof> proofs{};
  std::vector<SpareCode> codes = Codes();
  SpareProof spare{};
  GateState gate{};
  Reason reason = Reason::kWrongCode;
  std::optional<Cause> cause = std::nullopt;
  bool spent = false;  // the code is marked used
};

std::vector<Case> CodesAlone() {
  return {
      {.name = "fresh, right PIN",
       .spare = {kFresh, true},
       .reason = Reason::kGoodRecoveryCode,
       .spent = true},
      {.name = "a wrong PIN burns it",
       .spare = {kFresh, false},
       .reason = Reason::kWrongPin,
       .cause = Cause::kWrongPin,
       .spent = true},
      {.name = "used: a replay, and no guess",
       .spare = {kUsed, true},
       .reason = Reason::kReplayed},
      {.name = "used: tells nothing about the PIN",
       .spare = {kUsed, false},
       .reason = Reason::kReplayed},
      {.name = "temporary, in time",
       .spare = {kTemporary, true},
       .reason = Reason::kGoodRecoveryCode,
       .spent = true},
      {.name = "temporary, in time, wrong PIN",
       .spare = {kTemporary, false},
       .reason = Reason::kWrongPin,
       .cause = Cause::kWrongPin,
       .spent = true},
      {.name = "temporary, expired this moment",
       .codes = Codes(kNow),
       .spare = {kTemporary, true},
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongPin},
      {.name = "temporary, expired long ago, wrong PIN",
       .codes = Codes(kNow - std::chrono::hours(99)),
       .spare = {kTemporary, false},
       .reason = Reason::kWrongCode,
       .cause = Cause::kWrongPin},
  };
}

std::vector<Case> CodesBesideTokens() {
  return {
      {.name = "not touched when a token's code was good",
       .proofs = {Fresh(0, true)},
       .spare = {kFresh, true},
       .reason = Reason::kGoodCode},
      {.name = "nor when a token's code was burned",
       .proofs = {Fresh(0, false)},
       .spare = {kFresh, true},
       .reason = Reason::kWrongPin,
       .cause = Cause::kWrongPin},
      {.name = "nor when a token's code was replayed",
       .proofs = {Stale(0, true)},
       .spare = {kFresh, true},
       .reason = Reason::kReplayed},
      {.name = "good where the same text is a wrong code of a token",
       .proofs = {Wrong(0)},
       .spare = {kFresh, true},
       .reason = Reason::kGoodRecoveryCode,
       .spent = true},
      {.name = "good without any token",
       .tokens = {},
       .spare = {kFresh, true},
       .reason = Reason::kGoodRecoveryCode,
       .spent = true},
      {.name = "good when the token is locked",
       .tokens = {TokenWith(1, Locked)},
       .proofs = {Wrong(0)},
       .spare = {kFresh, true},
       .reason = Reason::kGoodRecoveryCode,
       .spent = true},
      {.name = "good when no token is usable",
       .tokens = {TokenWith(1, Disabled), TokenWith(2, Unconfirmed)},
       .proofs = {Wrong(0), Fresh(1, true)},
       .spare = {kFresh, true},
       .reason = Reason::kGoodRecoveryCode,
       .spent = true},
      {.name = "not looked at behind a closed gate",
       .spare = {kFresh, true},
       .gate = kClosedGate,
       .reason = Reason::kThrottled},
      {.name = "nor for a disabled account",
       .account = PersonWith([](AccountRecord& a) { a.enabled = false; }),
       .spare = {kFresh, true},
       .reason = Reason::kAccountDisabled},
      {.name = "nor for a stranger",
       .account = PersonWith(AsStranger),
       .spare = {kFresh, true},
       .reason = Reason::kUnknownAccount,
       .cause = Cause::kUnknown},
  };
}

void Check(const Case& one) {
  SCOPED_TRACE(one.name);
  const Decision decision = DecideLogin({.account = one.account,
                                         .tokens = one.tokens,
                                         .proofs = one.proofs,
                                         .spare_codes = one.codes,
                                         .spare = one.spare,
                                         .gate = one.gate},
                                        {}, kNow);
  EXPECT_EQ(ToString(decision.reason), ToString(one.reason));
  EXPECT_EQ(decision.cause, one.cause);
  std::optional<std::string> packed;
  if (one.spent) {
    std::vector<SpareCode> after = one.codes;
    after[one.spare.code].used = true;
    packed = PackSpareCodes(after);
    EXPECT_TRUE(decision.tokens.empty());
    EXPECT_EQ(decision.token, std::nullopt);
  }
  EXPECT_EQ(decision.account.spare_codes, packed);
  EXPECT_EQ(AccountFailures(decision),
            one.cause.has_value() ? std::optional<uint32_t>(1) : std::nullopt);
}

TEST(SpareCode, FollowsTheTable) {
  for (const Case& one : CodesAlone()) {
    Check(one);
  }
  for (const Case& one : CodesBesideTokens()) {
    Check(one);
  }
}

TEST(SpareCode, AUsedOneStaysAReplayAfterItHasExpired) {
  std::vector<SpareCode> codes = Codes(kNow - std::chrono::hours(1));
  codes[kTemporary].used = true;
  const AccountRecord account = Person();
  const Decision decision = DecideLogin(
      {.account = account, .spare_codes = codes, .spare = {{kTemporary, true}}},
      {}, kNow);
  EXPECT_EQ(decision.reason, Reason::kReplayed);
}

TEST(SpareCode, ASuccessClearsTheAccountsFailures) {
  const AccountRecord account = PersonWith(
      [](AccountRecord& a) { a.throttle = Failed(9, std::chrono::hours(2)); });
  const std::vector<SpareCode> codes = Codes();
  const Decision decision = DecideLogin(
      {.account = account, .spare_codes = codes, .spare = {{kFresh, true}}}, {},
      kNow);
  EXPECT_EQ(decision.account.throttle, Failed(0, std::chrono::hours(2)));
}

// Whatever comes in which order, a code is accepted once, and a burned one
// never.
TEST(SpareCode, NoHistoryAcceptsOneTwice) {
  std::mt19937_64 random(7);
  size_t accepted_in_all = 0;
  for (int history = 0; history < 100; ++history) {
    AccountRecord account = Person();
    account.spare_codes = PackSpareCodes(Codes());
    std::set<size_t> gone = {kUsed};
    for (int step = 0; step < 12; ++step) {
      const std::vector<SpareCode> codes =
          db::UnpackSpareCodes(account.spare_codes);
      const SpareProof spare{random() % codes.size(), random() % 2 == 0};
      const Decision decision = DecideLogin(
          {.account = account, .spare_codes = codes, .spare = spare}, {}, kNow);
      const bool is_new = gone.insert(spare.code).second;
      EXPECT_EQ(decision.reason, !is_new           ? Reason::kReplayed
                                 : spare.pin_right ? Reason::kGoodRecoveryCode
                                                   : Reason::kWrongPin);
      accepted_in_all += decision.reason == Reason::kGoodRecoveryCode ? 1U : 0U;
      account = Apply(account, decision.account, kNow);
    }
  }
  EXPECT_GT(accepted_in_all, 100U);
}

}  // namespace
}  // namespace pawl::validator
