#include "validator/core/throttle.h"

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);

db::ThrottleState Failed(uint32_t failures, UnixTime at = kNow) {
  return {.failures = failures, .last_failure = at};
}

struct DelayCase {
  uint32_t failures = 0;
  Millis delay{0};
};

TEST(Throttle, DelaysDoubleAfterTheFreeFailuresUpToTheMaximum) {
  const DelayCase cases[] = {
      {0, Millis{0}},     {1, Millis{0}},          {4, Millis{0}},
      {5, seconds(1)},    {6, seconds(2)},         {9, seconds(16)},
      {13, seconds(256)}, {14, minutes(5)},        {99, minutes(5)},
      {1000, minutes(5)}, {UINT32_MAX, minutes(5)}};
  for (const DelayCase& one : cases) {
    EXPECT_EQ(DelayAfter({}, one.failures), one.delay) << one.failures;
  }
}

TEST(Throttle, DelaysFollowThePolicy) {
  const ThrottlePolicy strict{
      .free_failures = 1, .first_delay = Millis(100), .max_delay = Millis(700)};
  const DelayCase cases[] = {{0, Millis{0}},   {1, Millis(100)},
                             {2, Millis(200)}, {3, Millis(400)},
                             {4, Millis(700)}, {UINT32_MAX, Millis(700)}};
  for (const DelayCase& one : cases) {
    EXPECT_EQ(DelayAfter(strict, one.failures), one.delay) << one.failures;
  }
  // The longest that may be configured, doubled as often as it is ever.
  const ThrottlePolicy slow{.first_delay = hours(1), .max_delay = hours(12)};
  EXPECT_EQ(DelayAfter(slow, 5), hours(1));
  EXPECT_EQ(DelayAfter(slow, 8), hours(8));
  EXPECT_EQ(DelayAfter(slow, UINT32_MAX), hours(12));
}

struct GateCase {
  const char* name = "";
  db::ThrottleState state{};
  UnixTime now{};
  Millis retry_after{0};  // none: open
};

TEST(Throttle, TheDelayGateFollowsFromStateAndTime) {
  const GateCase cases[] = {
      {"never failed", {}, kNow, Millis{0}},
      {"never failed, in 1970", {}, {}, Millis{0}},
      {"free failures", Failed(4), kNow, Millis{0}},
      {"just failed", Failed(5), kNow, seconds(1)},
      {"half waited", Failed(5), kNow + Millis(400), Millis(600)},
      {"almost", Failed(5), kNow + Millis(999), Millis(1)},
      {"waited", Failed(5), kNow + seconds(1), Millis{0}},
      {"the longest delay", Failed(99), kNow, minutes(5)},
      {"is over", Failed(99), kNow + minutes(5), Millis{0}},
      {"as many as lock a token", Failed(100), kNow, minutes(5)},
      {"do not lock this one", Failed(1000), kNow + minutes(5), Millis{0}},
      {"just cleared", Failed(0), kNow, Millis{0}},
  };
  for (const GateCase& one : cases) {
    const GateState gate = DelayGate({}, one.state, one.now);
    EXPECT_EQ(gate.gate,
              one.retry_after > Millis{0} ? Gate::kThrottled : Gate::kOpen)
        << one.name;
    EXPECT_EQ(gate.retry_after, one.retry_after) << one.name;
  }
}

TEST(Throttle, AClockSetBackClosesTheGateForOneDelayAtMost) {
  const GateState gate = DelayGate({}, Failed(5, kNow + hours(8760)), kNow);
  EXPECT_EQ(gate.gate, Gate::kThrottled);
  EXPECT_EQ(gate.retry_after, seconds(1));
}

TEST(Throttle, TheLockGateHasNoTime) {
  for (const uint32_t failures : {100U, 101U, 1000U, UINT32_MAX}) {
    EXPECT_EQ(LockGate({}, Failed(failures, {})).gate, Gate::kLocked);
    EXPECT_EQ(LockGate({}, Failed(failures, kNow)).gate, Gate::kLocked);
    EXPECT_EQ(LockGate({}, Failed(failures)).retry_after, Millis{0});
  }
  for (const uint32_t failures : {0U, 1U, 5U, 99U}) {
    EXPECT_EQ(LockGate({}, Failed(failures)).gate, Gate::kOpen) << failures;
  }
  EXPECT_EQ(LockGate({.lock_at = 3}, Failed(2)).gate, Gate::kOpen);
  EXPECT_EQ(LockGate({.lock_at = 3}, Failed(3)).gate, Gate::kLocked);
}

TEST(Throttle, TheHundredthFailureInARowLocks) {
  db::ThrottleState state;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(LockGate({}, state).gate, Gate::kOpen) << i;
    state = AfterFailure(state, kNow);
  }
  EXPECT_EQ(LockGate({}, state).gate, Gate::kLocked);
  EXPECT_EQ(LockGate({}, AfterSuccess(state)).gate, Gate::kOpen);
}

TEST(Throttle, AFailureCountsAndASuccessClearsButForWhenItWas) {
  EXPECT_EQ(AfterFailure({}, kNow), Failed(1));
  EXPECT_EQ(AfterFailure(Failed(7, kNow - hours(1)), kNow), Failed(8));
  EXPECT_EQ(AfterFailure(Failed(7, kNow + hours(1)), kNow), Failed(8));
  EXPECT_EQ(AfterSuccess(Failed(7, kNow - hours(1))),
            Failed(0, kNow - hours(1)));
}

TEST(Throttle, TheCountSaturates) {
  db::ThrottleState state;
  for (int i = 0; i < 5000; ++i) {
    const db::ThrottleState next = AfterFailure(state, kNow);
    ASSERT_GE(next.failures, state.failures);
    state = next;
  }
  EXPECT_EQ(state.failures, 1000U);
  EXPECT_EQ(LockGate({}, state).gate, Gate::kLocked);
  // Whatever a row may hold: never back to nothing.
  for (const uint32_t failures : {1000U, 1001U, UINT32_MAX - 1, UINT32_MAX}) {
    EXPECT_EQ(AfterFailure(Failed(failures), kNow), Failed(1000U)) << failures;
  }
}

}  // namespace
}  // namespace pawl::validator
