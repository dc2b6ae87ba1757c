// Messages as JSON, by protobuf's own mapping.
//
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "base/status.h"

namespace pawl::validator {

// Reads `json` into `message`, which is empty. INVALID_ARGUMENT, naming the
// field where one is at fault; it never quotes the input, which may be a
// secret.
[[nodiscard]] Status ReadJson(std::string_view json,
                              google::protobuf::Message& message);

// INTERNAL when a text in it is not UTF-8.
[[nodiscard]] StatusOr<std::string> WriteJson(
    const google::protobuf::Message& message);

}  // namespace pawl::validator
