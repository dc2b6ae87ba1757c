// HTTP Basic (RFC 7617): what a request shows, and how it is asked for.
//
// Pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "validator/http/message.h"

namespace pawl::validator {

struct BasicCredentials {
  std::string user;
  std::string password;  // Secret
};

// What "Authorization: Basic ..." says; nullopt when it is not there, or no
// base64, or has no colon.
[[nodiscard]] std::optional<BasicCredentials> BasicOf(
    const HttpRequest& request);

// 401 that asks for Basic credentials. What may not stand in a realm becomes
// '_'.
[[nodiscard]] HttpResponse AskForBasic(std::string_view realm);

}  // namespace pawl::validator
