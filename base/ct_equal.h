// ConstantTimeEqual: the only comparison for codes, PINs, keys and MACs (I6).
//
// The time depends on the lengths, never on the contents.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pawl {

[[nodiscard]] bool ConstantTimeEqual(std::span<const uint8_t> a,
                                     std::span<const uint8_t> b);
[[nodiscard]] bool ConstantTimeEqual(std::string_view a, std::string_view b);

}  // namespace pawl
