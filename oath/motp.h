// mOTP (Mobile-OTP): first six lower-case hex characters of
// MD5(decimal(unix / 10) || secret text || PIN text). A legacy scheme with a
// 24-bit output: it is only as good as the throttling around it.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "oath/window.h"

namespace pawl::oath {

inline constexpr int64_t kMotpPeriod = 10;  // seconds in a slot
inline constexpr size_t kMotpDigits = 6;

// The code of `slot`. `secret` is hashed as text: lower-case hex digits.
[[nodiscard]] std::string Motp(std::string_view secret, std::string_view pin,
                               uint64_t slot);

// True when `code` is exactly six lower-case hex characters.
[[nodiscard]] bool IsMotpCode(std::string_view code);

// Like FindTotp: slots center-window..center+window, nearest first. `code`
// must be lower case already.
[[nodiscard]] WindowMatch FindMotp(std::string_view secret,
                                   std::string_view pin, std::string_view code,
                                   std::optional<uint64_t> last,
                                   uint64_t center, uint64_t window);

// The slot i nearest to `center` within `window` and >= first with
// code(i) = codes.first and code(i+1) = codes.second.
[[nodiscard]] std::optional<uint64_t> FindMotpPair(
    std::string_view secret, std::string_view pin,
    std::pair<std::string_view, std::string_view> codes, uint64_t first,
    uint64_t center, uint64_t window);

}  // namespace pawl::oath
