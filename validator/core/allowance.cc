#include "validator/core/allowance.h"

namespace pawl::validator {

Taken Take(const Allowance& allowance, const db::ThrottleState& state,
           UnixTime now) {
  const UnixTime since = state.last_failure;
  const int64_t back = (now - since) / allowance.refill;
  if (since > now || back >= int64_t{state.failures}) {
    return {.state = db::ThrottleState{.failures = 1, .last_failure = now}};
  }
  // What has passed of the time for the next one is kept.
  const db::ThrottleState left{
      .failures = state.failures - static_cast<uint32_t>(back),
      .last_failure = since + back * allowance.refill};
  if (left.failures >= allowance.burst) {
    return {.retry_after = left.last_failure + allowance.refill - now};
  }
  return {.state = db::ThrottleState{.failures = left.failures + 1,
                                     .last_failure = left.last_failure}};
}

UnixTime RefilledAt(const Allowance& allowance,
                    const db::ThrottleState& state) {
  return state.last_failure + state.failures * allowance.refill;
}

}  // namespace pawl::validator
