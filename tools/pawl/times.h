// Times and lengths of time as people write them on a command line.
//
// Pure functions; thread-safe.
#pragma once

#include <string_view>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "base/status.h"

namespace pawl::tools {

// "90s", "15m", "24h" or "7d". Anything else is BadInput() about `option`.
[[nodiscard]] StatusOr<google::protobuf::Duration> ParseLength(
    std::string_view option, std::string_view text);

// "2027-01-31T12:00:00Z", or "2027-01-31", which is its first moment in UTC.
// Anything else is BadInput() about `option`.
[[nodiscard]] StatusOr<google::protobuf::Timestamp> ParseTime(
    std::string_view option, std::string_view text);

}  // namespace pawl::tools
