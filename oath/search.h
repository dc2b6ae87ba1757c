// Window searches shared by HOTP, TOTP and mOTP: over "the code at a
// position". Each walks its whole window, whatever it finds on the way, so
// that timing tells nothing about where a match is (I6).
//
// Pure functions; thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ct_equal.h"
#include "oath/window.h"

namespace pawl::oath {

inline constexpr uint64_t kLastPosition = std::numeric_limits<uint64_t>::max();

// a + b, or kLastPosition where that would overflow.
[[nodiscard]] constexpr uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return a + std::min(b, kLastPosition - a);
}

// The positions low..high, both inclusive, searched nearest to `center` first.
struct Window {
  uint64_t low = 0;
  uint64_t high = 0;
  uint64_t center = 0;

  // Of two positions equally far away the lower one is nearer: a code that
  // comes late is more common than one from the future.
  [[nodiscard]] bool IsNearer(uint64_t a, std::optional<uint64_t> b) const {
    return !b.has_value() || Distance(a) < Distance(*b) ||
           (Distance(a) == Distance(*b) && a < *b);
  }

 private:
  [[nodiscard]] uint64_t Distance(uint64_t a) const {
    return a < center ? center - a : a - center;
  }
};

// From `first` upwards.
[[nodiscard]] constexpr Window Upwards(uint64_t first, uint64_t window) {
  return {.low = first,
          .high = SaturatingAdd(first, std::min(window, kMaxWindow)),
          .center = first};
}

// To both sides of `center`.
[[nodiscard]] constexpr Window Around(uint64_t center, uint64_t window) {
  window = std::min(window, kMaxWindow);
  return {.low = center - std::min(window, center),
          .high = SaturatingAdd(center, window),
          .center = center};
}

// Finds `code` and sorts what matches into fresh (> last) and stale (<= last).
// `code_at(position)` gives the code of a position as std::string.
template <typename CodeAt>
[[nodiscard]] WindowMatch FindCode(const Window& window, std::string_view code,
                                   std::optional<uint64_t> last,
                                   CodeAt&& code_at) {
  WindowMatch found;
  for (uint64_t i = 0; i <= window.high - window.low; ++i) {
    const uint64_t position = window.low + i;
    const bool used = last.has_value() && position <= *last;
    std::optional<uint64_t>& nearest = used ? found.stale : found.fresh;
    if (ConstantTimeEqual(code_at(position), code) &&
        window.IsNearer(position, nearest)) {
      nearest = position;
    }
  }
  return found;
}

// Finds the nearest i in the window with code(i) = codes.first and
// code(i+1) = codes.second; i+1 may lie one above the window.
template <typename CodeAt>
[[nodiscard]] std::optional<uint64_t> FindCodePair(
    const Window& window, std::pair<std::string_view, std::string_view> codes,
    CodeAt&& code_at) {
  std::optional<uint64_t> found;
  bool first_was_below = false;  // codes.first matched at position - 1
  const uint64_t end = SaturatingAdd(window.high, 1);
  for (uint64_t i = 0; i <= end - window.low; ++i) {
    const uint64_t position = window.low + i;
    const std::string code = code_at(position);
    const bool is_second = ConstantTimeEqual(code, codes.second);
    if (first_was_below && is_second && window.IsNearer(position - 1, found)) {
      found = position - 1;
    }
    first_was_below = ConstantTimeEqual(code, codes.first);
  }
  return found;
}

}  // namespace pawl::oath
