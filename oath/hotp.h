// HOTP (RFC 4226) with SHA-1, SHA-256 or SHA-512 and 6, 7 or 8 digits.
//
// Codes are fixed-width digit strings, leading zeros included; they are never
// turned into numbers. Searches walk the whole window and compare in constant
// time (I6), so timing tells nothing about where a match is.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/crypto.h"
#include "oath/window.h"

namespace pawl::oath {

inline constexpr int kMinDigits = 6;
inline constexpr int kMaxDigits = 8;

// The codes of one key. Holds an Hmac, so the same rule: use it inside one
// function.
class HotpCodes {
 public:
  // `digits` must be 6..8 (PAWL_CHECK).
  HotpCodes(std::span<const uint8_t> key, int digits, Hash hash);

  [[nodiscard]] std::string At(uint64_t counter);

 private:
  Hmac hmac_;
  size_t digest_size_;
  int digits_;
};

// The code for `counter`. `digits` must be 6..8 (PAWL_CHECK).
[[nodiscard]] std::string Hotp(std::span<const uint8_t> key, uint64_t counter,
                               int digits, Hash hash);

// True when `code` is exactly `digits` ASCII digits.
[[nodiscard]] bool IsCode(std::string_view code, int digits);

// Looks for `code` at counters next..next+look_ahead, inclusive, where next is
// last + 1, or 0 when nothing was used (RFC 4226 section 7.2; never behind).
// Only the last used counter itself is looked at besides, to report a replay
// as `stale`.
[[nodiscard]] WindowMatch FindHotp(std::span<const uint8_t> key,
                                   std::string_view code, int digits, Hash hash,
                                   std::optional<uint64_t> last,
                                   uint64_t look_ahead);

// Resynchronisation (RFC 4226 section 7.4): the lowest i in
// first..first+window with code(i) = codes.first and code(i+1) = codes.second.
[[nodiscard]] std::optional<uint64_t> FindHotpPair(
    std::span<const uint8_t> key,
    std::pair<std::string_view, std::string_view> codes, int digits, Hash hash,
    uint64_t first, uint64_t window);

}  // namespace pawl::oath
