// Time enters once per request (I7): a door or service reads a Clock and
// passes `now` down; pure code never asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pawl {

using Millis = std::chrono::milliseconds;

// UTC wall-clock time to the millisecond, 64 bits.
using UnixTime = std::chrono::sys_time<Millis>;

[[nodiscard]] constexpr int64_t ToUnixMillis(UnixTime t) {
  return t.time_since_epoch().count();
}
[[nodiscard]] constexpr UnixTime FromUnixMillis(int64_t ms) {
  return UnixTime(Millis(ms));
}
// Whole seconds since 1970, rounded down (also before 1970).
[[nodiscard]] constexpr int64_t ToUnixSeconds(UnixTime t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

// "2026-11-22T00:48:05.123Z". Years outside 0..9999, which RFC 3339 cannot
// write, give the first or last moment it can.
[[nodiscard]] std::string ToRfc3339(UnixTime t);

// Thread safety: Now() may be called from any thread.
class Clock {
 public:
  Clock() = default;
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  [[nodiscard]] virtual UnixTime Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] UnixTime Now() const override;
};

}  // namespace pawl
