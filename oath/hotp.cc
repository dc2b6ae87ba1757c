#include "oath/hotp.h"

#include <algorithm>
#include <array>

#include "base/status.h"
#include "oath/search.h"

namespace pawl::oath {

HotpCodes::HotpCodes(std::span<const uint8_t> key, int digits, Hash hash)
    : hmac_(hash, key), digest_size_(DigestSize(hash)), digits_(digits) {
  PAWL_CHECK(digits >= kMinDigits && digits <= kMaxDigits);
}

std::string HotpCodes::At(uint64_t counter) {
  std::array<uint8_t, 8> message{};
  for (size_t i = message.size(); i-- > 0;) {
    message.at(i) = static_cast<uint8_t>(counter);
    counter >>= 8U;
  }
  std::array<uint8_t, 64> digest{};
  hmac_.Compute(message, digest);

  // RFC 4226 section 5.3; with longer digests the offset is in their own last
  // byte.
  const size_t offset = digest.at(digest_size_ - 1) & 0x0fU;
  uint32_t value = 0;
  for (size_t i = offset; i < offset + 4; ++i) {
    value = (value << 8U) | digest.at(i);
  }
  value &= 0x7fffffffU;

  std::string code(static_cast<size_t>(digits_), '0');
  for (size_t i = code.size(); i-- > 0;) {
    code[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return code;
}

std::string Hotp(std::span<const uint8_t> key, uint64_t counter, int digits,
                 Hash hash) {
  return HotpCodes(key, digits, hash).At(counter);
}

bool IsCode(std::string_view code, int digits) {
  return code.size() == static_cast<size_t>(digits) &&
         std::all_of(code.begin(), code.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

WindowMatch FindHotp(std::span<const uint8_t> key, std::string_view code,
                     int digits, Hash hash, std::optional<uint64_t> last,
                     uint64_t look_ahead) {
  HotpCodes codes(key, digits, hash);
  const uint64_t next = last.has_value() ? SaturatingAdd(*last, 1) : 0;
  Window window = Upwards(next, look_ahead);
  window.low = last.value_or(next);
  return FindCode(window, code, last,
                  [&](uint64_t counter) { return codes.At(counter); });
}

std::optional<uint64_t> FindHotpPair(
    std::span<const uint8_t> key,
    std::pair<std::string_view, std::string_view> codes, int digits, Hash hash,
    uint64_t first, uint64_t window) {
  HotpCodes hotp(key, digits, hash);
  return FindCodePair(Upwards(first, window), codes,
                      [&](uint64_t counter) { return hotp.At(counter); });
}

}  // namespace pawl::oath
