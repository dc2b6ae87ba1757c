#include "oath/totp.h"

#include "base/status.h"
#include "oath/hotp.h"
#include "oath/search.h"

namespace pawl::oath {

std::optional<uint64_t> StepAt(int64_t unix_seconds, int64_t t0,
                               int64_t period) {
  PAWL_CHECK(period > 0);
  if (unix_seconds < t0) {
    return std::nullopt;
  }
  // Unsigned, because the difference of two int64_t may need 64 bits.
  const uint64_t since =
      static_cast<uint64_t>(unix_seconds) - static_cast<uint64_t>(t0);
  return since / static_cast<uint64_t>(period);
}

WindowMatch FindTotp(std::span<const uint8_t> key, std::string_view code,
                     int digits, Hash hash, std::optional<uint64_t> last,
                     uint64_t center, uint64_t window) {
  HotpCodes codes(key, digits, hash);
  return FindCode(Around(center, window), code, last,
                  [&](uint64_t step) { return codes.At(step); });
}

}  // namespace pawl::oath
