// ExpiresAfter: the deadline of a check that a caller without one asks for.
//
// Thread safety: pure functions.
#pragma once

#include <chrono>
#include <functional>

#include "base/time.h"

namespace pawl::validator {

// Programs and proxies that ask over HTTP have given up by then.
inline constexpr Millis kHttpCheckTime = std::chrono::seconds(10);

// True from `time` after now on.
[[nodiscard]] inline std::function<bool()> ExpiresAfter(Millis time) {
  return [deadline = std::chrono::steady_clock::now() + time] {
    return std::chrono::steady_clock::now() >= deadline;
  };
}

}  // namespace pawl::validator
