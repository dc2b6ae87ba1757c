// Bytes from hex texts that a test knows to be right.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace pawl::testing {

inline Bytes FromHex(std::string_view hex) {
  const std::optional<Bytes> bytes = HexDecode(hex);
  PAWL_CHECK(bytes.has_value());
  return *bytes;
}

template <size_t kSize>
std::array<uint8_t, kSize> FromHexArray(std::string_view hex) {
  const Bytes bytes = FromHex(hex);
  PAWL_CHECK(bytes.size() == kSize);
  std::array<uint8_t, kSize> array{};
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

}  // namespace pawl::testing
