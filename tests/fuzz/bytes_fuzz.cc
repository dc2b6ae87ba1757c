// Whatever a decoder accepts must be what the encoder writes.
#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"
#include "base/text.h"

namespace pawl {
namespace {

void CheckEncoders(std::span<const uint8_t> bytes) {
  const Bytes copy(bytes.begin(), bytes.end());
  PAWL_CHECK(HexDecode(HexEncode(bytes)) == copy);
  PAWL_CHECK(Base32Decode(Base32Encode(bytes)) == copy);
  PAWL_CHECK(Base64Decode(Base64Encode(bytes)) == copy);
}

// What is left of a base32 text without case, padding and separators.
std::string Base32Letters(std::string_view text) {
  std::string letters = AsciiLower(text);
  const auto is_filler = [](char c) {
    return c == ' ' || c == '-' || c == '=';
  };
  letters.erase(std::remove_if(letters.begin(), letters.end(), is_filler),
                letters.end());
  return letters;
}

void CheckDecoders(std::string_view text) {
  if (const auto bytes = HexDecode(text)) {
    PAWL_CHECK(HexEncode(*bytes) == AsciiLower(text));
  }
  if (const auto bytes = Base32Decode(text)) {
    PAWL_CHECK(AsciiLower(Base32Encode(*bytes)) == Base32Letters(text));
  }
  if (const auto bytes = Base64Decode(text)) {
    PAWL_CHECK(Base64Encode(*bytes) == text);
  }
}

void CheckUnicode(std::string_view text) {
  const bool valid = IsValidUtf8(text);
  const auto normalized = NormalizeNfc(text);
  PAWL_CHECK(normalized.has_value() == valid);
  PAWL_CHECK(CountCodePoints(text).has_value() == valid);
  if (valid) {
    PAWL_CHECK(NormalizeNfc(*normalized) == normalized);
    PAWL_CHECK(HasControlCharacters(*normalized) == HasControlCharacters(text));
    PAWL_CHECK(*CountCodePoints(text) <= text.size());
  }
}

}  // namespace
}  // namespace pawl

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  pawl::CheckEncoders(bytes);
  pawl::CheckDecoders(pawl::AsText(bytes));
  pawl::CheckUnicode(pawl::AsText(bytes));
  return 0;
}
