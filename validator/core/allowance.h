// Allowance: how often something may be asked, as a pure function of a state
// and the time: `burst` at once, then one each `refill`.
//
// The state is that of a budget's row: `failures` is how many of the burst are
// taken, `last_failure` from when on they come back.
//
// Pure; thread-safe. Time may jump: a state of the future means nothing, so
// that no one waits until a clock that was set back has caught up.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "db/record.h"

namespace pawl::validator {

struct Allowance {
  uint32_t burst = 1;
  Millis refill = std::chrono::seconds(1);
};

struct Taken {
  // The next state; none: nothing was left to take.
  std::optional<db::ThrottleState> state = std::nullopt;
  Millis retry_after{0};  // positive exactly when nothing was left
};

[[nodiscard]] Taken Take(const Allowance& allowance,
                         const db::ThrottleState& state, UnixTime now);

// When all of the burst is back: the state means nothing from then on.
[[nodiscard]] UnixTime RefilledAt(const Allowance& allowance,
                                  const db::ThrottleState& state);

}  // namespace pawl::validator
