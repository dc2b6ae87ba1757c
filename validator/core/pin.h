// PIN rules. The PIN is the first half of a credential and a short password
// checked here: 4 to 64 characters, any script, no control characters.
//
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace pawl::validator {

inline constexpr size_t kMinPinCharacters = 4;
inline constexpr size_t kMaxPinCharacters = 64;

// The PIN in the form that is hashed (Unicode NFC), or INVALID_ARGUMENT for
// `field` saying which rule it breaks. `min_characters` is the server's rule,
// at least kMinPinCharacters.
[[nodiscard]] StatusOr<std::string> AcceptNewPin(
    std::string_view pin, size_t min_characters,
    std::string_view field = "pin");

// The PIN part of a credential in the form that is hashed; what cannot be a
// PIN stays as it is and simply does not match.
[[nodiscard]] std::string NormalizeTypedPin(std::string_view pin);

}  // namespace pawl::validator
