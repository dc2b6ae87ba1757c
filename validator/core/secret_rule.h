// What people may choose as a secret: the rules that PINs (core/pin.h) and
// account passwords (core/account_password.h) have in common.
//
// Any script, in Unicode NFC, so that one text typed on two systems is the same
// bytes; no control characters, which no keyboard types into a login form.
// Texts given back are secrets: wiping them is the caller's duty.
//
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace pawl::validator {

struct SecretRule {
  std::string_view field{};  // named by what is refused
  size_t min_characters = 0;
  size_t max_characters = 0;
};

// `chosen` in the form that is hashed, or INVALID_ARGUMENT for the rule's field
// saying what is wrong.
[[nodiscard]] StatusOr<std::string> AcceptNewSecret(const SecretRule& rule,
                                                    std::string_view chosen);

// `typed` in the form that is hashed; what no rule accepts stays as it is and
// simply does not match.
[[nodiscard]] std::string NormalizeTypedSecret(std::string_view typed);

}  // namespace pawl::validator
