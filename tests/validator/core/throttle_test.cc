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
      {0, Millis{0}},   {4, Millis{0}},   {5, seconds(1)},
      {6, seconds(2)},  {9, seconds(16)}, {13, seconds(256)},
      {14, minutes(5)}, {99, minutes(5)}, {UINT32_MAX, minutes(5)}};
  for (const DelayCase& one : cases) {
    EXPECT_EQ(DelayAfter({}, one.failures), one.delay) << one.failures;
  }
}

struct GateCase {
  const char* name = "";
  db::ThrottleState state{};
  UnixTime now{};
  Gate gate = Gate::kOpen;
  Millis retry_after{0};
};

TEST(Throttle, TheGateFollowsFromStateAndTime) {
  const GateCase cases[] = {
      {"never failed", {}, kNow, Gate::kOpen, Millis{0}},
      {"free failures", Failed(4), kNow, Gate::kOpen, Millis{0}},
      {"just failed", Failed(5), kNow, Gate::kThrottled, seconds(1)},
      {"half waited", Failed(5), kNow + Millis(400), Gate::kThrottled,
       Millis(600)},
      {"waited", Failed(5), kNow + seconds(1), Gate::kOpen, Millis{0}},
      {"last free try", Failed(99), kNow + minutes(5), Gate::kOpen, Millis{0}},
      {"locked", Failed(100), kNow + hours(1000), Gate::kLocked, Millis{0}},
      {"beyond locked", Failed(4000), kNow, Gate::kLocked, Millis{0}},
  };
  for (const GateCase& one : cases) {
    const ThrottleStep step = Step({}, one.state, ThrottleEvent::kAsk, one.now);
    EXPECT_EQ(step.gate, one.gate) << one.name;
    EXPECT_EQ(step.retry_after, one.retry_after) << one.name;
    EXPECT_EQ(step.next, one.state) << one.name;
  }
}

TEST(Throttle, AFailureCountsAndASuccessClears) {
  const ThrottleStep failed =
      Step({}, Failed(7, kNow - hours(1)), ThrottleEvent::kFailure, kNow);
  EXPECT_EQ(failed.next, Failed(8));
  EXPECT_EQ(failed.gate, Gate::kThrottled);
  EXPECT_EQ(Step({}, failed.next, ThrottleEvent::kSuccess, kNow).next,
            db::ThrottleState{});
}

TEST(Throttle, TheHundredthFailureLocksAndTheCountStopsThere) {
  db::ThrottleState state;
  for (int i = 0; i < 100; ++i) {
    EXPECT_NE(Step({}, state, ThrottleEvent::kAsk, kNow + hours(i + 1)).gate,
              Gate::kLocked);
    state = Step({}, state, ThrottleEvent::kFailure, kNow + hours(i)).next;
  }
  EXPECT_EQ(state.failures, 100U);
  EXPECT_EQ(Step({}, state, ThrottleEvent::kAsk, kNow + hours(9999)).gate,
            Gate::kLocked);
  state = Step({}, state, ThrottleEvent::kFailure, kNow).next;
  EXPECT_EQ(state.failures, 100U);
}

TEST(Throttle, AClockSetBackClosesTheGateForOneDelayAtMost) {
  const db::ThrottleState future = Failed(5, kNow + hours(24 * 365));
  const ThrottleStep step = Step({}, future, ThrottleEvent::kAsk, kNow);
  EXPECT_EQ(step.gate, Gate::kThrottled);
  EXPECT_EQ(step.retry_after, seconds(1));
  EXPECT_EQ(step.next.last_failure, kNow);
  EXPECT_EQ(Step({}, step.next, ThrottleEvent::kAsk, kNow + seconds(1)).gate,
            Gate::kOpen);
}

}  // namespace
}  // namespace pawl::validator
