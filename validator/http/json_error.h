// Errors of the JSON doors, in the form of the Connect protocol: the canonical
// code as an HTTP status and in a JSON body {"code", "message", "details"}.
//
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include <grpcpp/support/status_code_enum.h>

#include "base/status.h"
#include "validator/http/message.h"

namespace pawl::validator {

// `field`: of the request, that caused it; empty: none did.
[[nodiscard]] HttpResponse JsonError(grpc::StatusCode code,
                                     std::string_view message,
                                     std::string_view field);
[[nodiscard]] HttpResponse JsonError(const Status& failure);

// "application/json", with or without parameters.
[[nodiscard]] bool IsJson(std::string_view content_type);

}  // namespace pawl::validator
