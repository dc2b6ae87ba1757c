#include "db/ids.h"

namespace pawl::db::internal {
namespace {

constexpr size_t kMostDigits = 13;

}  // namespace

std::string FormatId(std::string_view prefix, size_t digits, uint64_t value) {
  std::string text(prefix);
  for (size_t left = digits; left > 0; --left) {
    const auto shift = static_cast<unsigned>(left - 1) * kBitsPerIdDigit;
    text += kIdAlphabet[(value >> shift) & 31U];
  }
  return text;
}

std::optional<uint64_t> ParseId(std::string_view prefix, size_t digits,
                                std::string_view text) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + digits) {
    return std::nullopt;
  }
  text.remove_prefix(prefix.size());
  // 13 digits have 65 bits; a first digit above 7 would not fit 63.
  if (digits == kMostDigits && text.front() > '7') {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (const char c : text) {
    const size_t digit = kIdAlphabet.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    value = value << kBitsPerIdDigit | digit;
  }
  return value == 0 ? std::nullopt : std::optional(value);
}

}  // namespace pawl::db::internal
