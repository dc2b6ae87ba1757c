#include "validator/core/throttle.h"

#include <algorithm>

namespace pawl::validator {
namespace {

// Doubling more often than this passes any max_delay we could want.
constexpr uint32_t kMaxDoublings = 30;
constexpr uint32_t kMostFailures = 1000;

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

GateState DelayGate(const ThrottlePolicy& policy,
                    const db::ThrottleState& state, UnixTime now) {
  const UnixTime opens =
      std::min(state.last_failure, now) + DelayAfter(policy, state.failures);
  return now < opens
             ? GateState{.gate = Gate::kThrottled, .retry_after = opens - now}
             : GateState{};
}

GateState LockGate(const ThrottlePolicy& policy,
                   const db::ThrottleState& state) {
  return state.failures >= policy.lock_at ? GateState{.gate = Gate::kLocked}
                                          : GateState{};
}

db::ThrottleState AfterFailure(const db::ThrottleState& state, UnixTime now) {
  return {.failures = std::min(state.failures, kMostFailures - 1) + 1,
          .last_failure = now};
}

db::ThrottleState AfterSuccess(const db::ThrottleState& state) {
  return {.failures = 0, .last_failure = state.last_failure};
}

}  // namespace pawl::validator
