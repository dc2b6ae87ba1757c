// Account password rules: 8 to 256 characters, any script, no control
// characters. Nothing is asked of what they are: length is what counts (NIST SP
// 800-63B).
//
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace pawl::validator {

inline constexpr size_t kMinPasswordCharacters = 8;
inline constexpr size_t kMaxPasswordCharacters = 256;

// The password in the form that is hashed (Unicode NFC), or INVALID_ARGUMENT
// for the field "password" saying which rule it breaks. Wiping it is the
// caller's duty.
[[nodiscard]] StatusOr<std::string> AcceptNewPassword(
    std::string_view password);

// A password that was typed, in the form that is hashed; what cannot be a
// password stays as it is and simply does not match. Wiping it is the caller's
// duty.
[[nodiscard]] std::string NormalizeTypedPassword(std::string_view password);

}  // namespace pawl::validator
