// Throttle: what consecutive failures mean, as one pure step (boulder's
// "decision and next state as one value").
//
//     Step(policy, state, event, now) -> {gate, retry_after, next state}
//
// From `free_failures` in a row on, every failure closes the gate for a delay
// that doubles from `first_delay` up to `max_delay`. At
// `lock_at` consecutive failures the gate stays closed until an administrator
// clears the state (NIST SP 800-63B section 3.2.2: at most 100). A success
// clears it. While the gate is closed nothing is looked at and nothing counts.
//
// The state is data in the account's or token's row and is committed with the
// verdict, so neither a crash nor another replica forgets a failure.
//
// Pure; thread-safe. Time may jump: a last failure in the future counts from
// `now` on, so a clock set back cannot close a gate for longer than one delay.
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

// kAsk: may a credential be looked at? kFailure, kSuccess: it was, and so.
enum class ThrottleEvent { kAsk, kFailure, kSuccess };

struct ThrottleStep {
  Gate gate = Gate::kOpen;
  Millis retry_after{0};   // positive exactly when kThrottled
  db::ThrottleState next;  // to be stored; may equal the old state
};

[[nodiscard]] ThrottleStep Step(const ThrottlePolicy& policy,
                                const db::ThrottleState& state,
                                ThrottleEvent event, UnixTime now);

// How long the gate stays closed after `failures` in a row.
[[nodiscard]] Millis DelayAfter(const ThrottlePolicy& policy,
                                uint32_t failures);

}  // namespace pawl::validator
