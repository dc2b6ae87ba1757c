// Throttle: what failures in a row mean, as pure functions of a state and the
// time.
//
// From `free_failures` in a row on, every failure closes a gate for a delay
// that doubles from `first_delay` up to `max_delay`. While a gate is closed
// nothing is looked at and nothing counts. Which gates there are is
// validator/core/budget.h's.
//
// A token is closed for good, until an administrator opens it, at `lock_at`
// wrong codes in a row (NIST SP 800-63B section 3.2.2: at most 100). It has no
// delay of its own: that would stop its owner for a stranger's failures.
//
// The states are data in rows and are committed with the verdict, so neither a
// crash nor another replica forgets a failure.
//
// Pure; thread-safe. Time may jump: a last failure in the future counts as one
// of now.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "db/record.h"

namespace pawl::validator {

struct ThrottlePolicy {
  uint32_t free_failures = 5;
  Millis first_delay = std::chrono::seconds(1);
  Millis max_delay = std::chrono::minutes(5);
  uint32_t lock_at = 100;
};

enum class Gate { kOpen, kThrottled, kLocked };

struct GateState {
  Gate gate = Gate::kOpen;
  Millis retry_after{0};  // positive exactly when kThrottled
};

// How long a gate stays closed after `failures` in a row.
[[nodiscard]] Millis DelayAfter(const ThrottlePolicy& policy,
                                uint32_t failures);

// kOpen or kThrottled.
[[nodiscard]] GateState DelayGate(const ThrottlePolicy& policy,
                                  const db::ThrottleState& state, UnixTime now);

// kOpen or kLocked.
[[nodiscard]] GateState LockGate(const ThrottlePolicy& policy,
                                 const db::ThrottleState& state);

// One failure more. Saturates: a stranger's row may be hit for ever.
[[nodiscard]] db::ThrottleState AfterFailure(const db::ThrottleState& state,
                                             UnixTime now);
// No failures in a row any more; when the last one was stays known.
[[nodiscard]] db::ThrottleState AfterSuccess(const db::ThrottleState& state);

}  // namespace pawl::validator
