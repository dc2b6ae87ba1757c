#include "validator/core/throttle.h"

#include <algorithm>

namespace pawl::validator {
namespace {

// Doubling more often than this passes any max_delay we could want.
constexpr uint32_t kMaxDoublings = 30;

ThrottleStep GateOf(const ThrottlePolicy& policy,
                    const db::ThrottleState& state, UnixTime now) {
  ThrottleStep step{.next = state};
  if (state.failures >= policy.lock_at) {
    step.gate = Gate::kLocked;
    return step;
  }
  const Millis delay = DelayAfter(policy, state.failures);
  step.next.last_failure = std::min(state.last_failure, now);
  const UnixTime opens = step.next.last_failure + delay;
  if (now < opens) {
    step.gate = Gate::kThrottled;
    step.retry_after = opens - now;
  }
  return step;
}

}  // namespace

Millis DelayAfter(const ThrottlePolicy& policy, uint32_t failures) {
  if (failures < policy.free_failures) {
    return Millis{0};
  }
  const uint32_t doublings =
      std::min(failures - policy.free_failures, kMaxDoublings);
  return std::min(policy.first_delay * (int64_t{1} << doublings),
                  policy.max_delay);
}

ThrottleStep Step(const ThrottlePolicy& policy, const db::ThrottleState& state,
                  ThrottleEvent event, UnixTime now) {
  switch (event) {
    case ThrottleEvent::kAsk:
      return GateOf(policy, state, now);
    case ThrottleEvent::kFailure: {
      // Saturates: a stranger row may be hit for ever.
      const uint32_t failures = std::min(state.failures + 1, policy.lock_at);
      return GateOf(policy, {.failures = failures, .last_failure = now}, now);
    }
    case ThrottleEvent::kSuccess:
      return ThrottleStep{};
  }
  return ThrottleStep{.gate = Gate::kLocked, .next = state};
}

}  // namespace pawl::validator
