#include "oath/motp.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/secret.h"
#include "oath/search.h"

namespace pawl::oath {
namespace {

constexpr size_t kMaxDecimal = 20;  // digits of 2^64 - 1

// The codes of one secret and PIN. Wipes the text it hashes.
class MotpCodes {
 public:
  MotpCodes(std::string_view secret, std::string_view pin)
      : secret_(secret), pin_(pin) {
    text_.reserve(kMaxDecimal + secret.size() + pin.size());
  }
  ~MotpCodes() { Wipe(text_); }
  MotpCodes(const MotpCodes&) = delete;
  MotpCodes& operator=(const MotpCodes&) = delete;

  [[nodiscard]] std::string At(uint64_t slot) {
    text_.clear();  // keeps its memory, so that one Wipe() is enough
    text_ += std::to_string(slot);
    text_ += secret_;
    text_ += pin_;
    const std::array<uint8_t, 16> digest = Md5(AsBytes(text_));
    return HexEncode(std::span<const uint8_t>(digest).first<kMotpDigits / 2>());
  }

 private:
  std::string_view secret_;
  std::string_view pin_;
  std::string text_;
};

}  // namespace

std::string Motp(std::string_view secret, std::string_view pin, uint64_t slot) {
  return MotpCodes(secret, pin).At(slot);
}

bool IsMotpCode(std::string_view code) {
  return code.size() == kMotpDigits &&
         std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

WindowMatch FindMotp(std::string_view secret, std::string_view pin,
                     std::string_view code, std::optional<uint64_t> last,
                     uint64_t center, uint64_t window) {
  MotpCodes codes(secret, pin);
  return FindCode(Around(center, window), code, last,
                  [&](uint64_t slot) { return codes.At(slot); });
}

std::optional<uint64_t> FindMotpPair(
    std::string_view secret, std::string_view pin,
    std::pair<std::string_view, std::string_view> codes, uint64_t first,
    uint64_t center, uint64_t window) {
  Window slots = Around(center, window);
  slots.low = std::max(slots.low, first);
  if (slots.low > slots.high) {
    return std::nullopt;
  }
  MotpCodes motp(secret, pin);
  return FindCodePair(slots, codes,
                      [&](uint64_t slot) { return motp.At(slot); });
}

}  // namespace pawl::oath
