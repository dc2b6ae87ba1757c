#include "tools/pawl/times.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include <google/protobuf/util/time_util.h>

#include "tools/cli/report.h"

namespace pawl::tools {
namespace {

// More than any length a server takes, and so few that days still fit a
// Duration.
constexpr size_t kMostDigits = 6;

// Seconds in a unit, 0 for what is none.
int64_t SecondsIn(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    default:
      return 0;
  }
}

}  // namespace

StatusOr<google::protobuf::Duration> ParseLength(std::string_view option,
                                                 std::string_view text) {
  const int64_t unit = text.empty() ? 0 : SecondsIn(text.back());
  int64_t number = 0;
  if (unit != 0) {
    text.remove_suffix(1);
  }
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (unit == 0 || error != std::errc() || end != text.data() + text.size() ||
      text.size() > kMostDigits || number < 0) {
    return BadInput(option, "must be a number with s, m, h or d, like 24h");
  }
  return google::protobuf::util::TimeUtil::SecondsToDuration(number * unit);
}

StatusOr<google::protobuf::Timestamp> ParseTime(std::string_view option,
                                                std::string_view text) {
  std::string full(text);
  if (full.find('T') == std::string::npos) {
    full += "T00:00:00Z";
  }
  google::protobuf::Timestamp time;
  if (!google::protobuf::util::TimeUtil::FromString(full, &time)) {
    return BadInput(option,
                    "must be a date or time like 2027-01-31 or "
                    "2027-01-31T12:00:00Z");
  }
  return time;
}

}  // namespace pawl::tools
