// Text forms of bytes: hex, base32 (RFC 4648), base64. Strict decoders: what
// is not exactly of the form gives std::nullopt, never a guess.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

using Bytes = std::vector<uint8_t>;

// Views one as the other; the view lives as long as its argument.
[[nodiscard]] inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
// The number whose big-endian bytes these are; of more than eight the last
// ones.
[[nodiscard]] constexpr uint64_t BigEndianNumber(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) {
    number = number << 8U | static_cast<uint8_t>(byte);
  }
  return number;
}
[[nodiscard]] inline std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Lower-case hex out; either case in, even length.
[[nodiscard]] std::string HexEncode(std::span<const uint8_t> bytes);
[[nodiscard]] std::optional<Bytes> HexDecode(std::string_view text);

// RFC 4648 section 6, upper case, no padding out. In: either case, optional
// padding, blanks and '-' between groups are skipped (people type seeds);
// impossible lengths, 0, 1, 8, 9 and non-zero left-over bits are refused.
[[nodiscard]] std::string Base32Encode(std::span<const uint8_t> bytes);
[[nodiscard]] std::optional<Bytes> Base32Decode(std::string_view text);

// RFC 4648 section 4 with padding, out and in; no white space.
[[nodiscard]] std::string Base64Encode(std::span<const uint8_t> bytes);
[[nodiscard]] std::optional<Bytes> Base64Decode(std::string_view text);

}  // namespace pawl
