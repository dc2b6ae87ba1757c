// Field rules shared by every service: what a caller may send, checked once.
//
// Each function returns OK or INVALID_ARGUMENT naming `field`. Pure.
#pragma once

#include <string_view>

#include "base/status.h"

namespace pawl::validator {

// Printable ASCII (blank to tilde) of min..max bytes.
[[nodiscard]] Status CheckAscii(std::string_view field, std::string_view text,
                                size_t min, size_t max);

// Valid UTF-8 of min..max bytes without control characters.
[[nodiscard]] Status CheckText(std::string_view field, std::string_view text,
                               size_t min, size_t max);

// Empty, or what an attempt_id must be.
[[nodiscard]] Status CheckAttemptId(std::string_view attempt_id);

// The login in the form that is stored: ASCII lower case; INVALID_ARGUMENT
// for `field` when no account can have it.
[[nodiscard]] StatusOr<std::string> NormalizeLogin(std::string_view field,
                                                   std::string_view login);

}  // namespace pawl::validator
