// Field rules shared by every service: what a caller may send, checked once.
//
// Each function returns OK or INVALID_ARGUMENT naming `field`. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "validator/core/catalogue.h"

namespace pawl::validator {

// Printable ASCII (blank to tilde) of min..max bytes.
[[nodiscard]] Status CheckAscii(std::string_view field, std::string_view text,
                                size_t min, size_t max);

// Valid UTF-8 of min..max bytes without control characters.
[[nodiscard]] Status CheckText(std::string_view field, std::string_view text,
                               size_t min, size_t max);

// What may be a device's name.
[[nodiscard]] Status CheckDeviceName(std::string_view field,
                                     std::string_view name);

// No longer than any credential is looked at.
[[nodiscard]] Status CheckCredential(std::string_view field,
                                     std::string_view credential);

// Empty, or what an attempt_id must be.
[[nodiscard]] Status CheckAttemptId(std::string_view attempt_id);

// What a service that the configuration does not have is told.
inline constexpr std::string_view kNoSuchService =
    "is no service of this server: see services.interactive and services.sync "
    "of its configuration";

// At most 32 services of `catalogue`.
[[nodiscard]] Status CheckServices(std::string_view field,
                                   const std::vector<std::string>& services,
                                   const Catalogue& catalogue);

// The login in the form that is stored: ASCII lower case; INVALID_ARGUMENT
// for `field` when no account can have it.
[[nodiscard]] StatusOr<std::string> NormalizeLogin(std::string_view field,
                                                   std::string_view login);

// The same for the field "login" of an account that gets it now:
// INVALID_ARGUMENT, too, for what has the form of a device or account id, since
// those name something else wherever a login may stand.
[[nodiscard]] StatusOr<std::string> AcceptNewLogin(std::string_view login);

}  // namespace pawl::validator
