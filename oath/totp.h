// TOTP (RFC 6238): HOTP over 64-bit time steps.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/crypto.h"
#include "oath/window.h"

namespace pawl::oath {

// The step number at `unix_seconds`: floor((t - t0) / period), or nullopt
// before t0. `period` must be positive (PAWL_CHECK).
[[nodiscard]] std::optional<uint64_t> StepAt(int64_t unix_seconds, int64_t t0,
                                             int64_t period);

// Looks for `code` at steps center-window..center+window, nearest first, and
// sorts what matches into fresh (> last) and stale (<= last). The whole window
// is always walked.
[[nodiscard]] WindowMatch FindTotp(std::span<const uint8_t> key,
                                   std::string_view code, int digits, Hash hash,
                                   std::optional<uint64_t> last,
                                   uint64_t center, uint64_t window);

}  // namespace pawl::oath
