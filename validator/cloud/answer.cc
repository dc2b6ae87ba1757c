#include "validator/cloud/answer.h"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "base/ct_equal.h"
#include "validator/http/query.h"
#include "validator/http/wsapi.h"

namespace pawl::validator {
namespace {

using Lines = std::map<std::string_view, std::string_view>;

constexpr size_t kMostLines = 32;
constexpr uint64_t kMaxUseCounter = 0x7fff;
constexpr uint64_t kMaxSessionUse = 0xff;
constexpr uint64_t kMaxTimestamp = 0xffffff;

// "name=value" lines; nullopt when a name comes twice or a line is none.
std::optional<Lines> ReadLines(std::string_view body) {
  Lines lines;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
      line.remove_suffix(1);
    }
    if (line.empty()) {
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || lines.size() == kMostLines ||
        !lines.emplace(line.substr(0, equals), line.substr(equals + 1))
             .second) {
      return std::nullopt;
    }
  }
  return lines;
}

std::string_view Get(const Lines& lines, std::string_view name) {
  const auto found = lines.find(name);
  return found == lines.end() ? std::string_view() : found->second;
}

bool IsSigned(const Lines& lines, std::span<const uint8_t> key) {
  std::string text;
  for (const auto& [name, value] : lines) {
    if (name != "h") {
      text += text.empty() ? "" : "&";
      text += std::string(name) + "=" + std::string(value);
    }
  }
  return ConstantTimeEqual(SignWsapi(text, key), Get(lines, "h"));
}

std::optional<uint64_t> NumberIn(const Lines& lines, std::string_view name,
                                 uint64_t max) {
  const std::string_view text = Get(lines, name);
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number <= max ? std::optional(number) : std::nullopt;
}

StatusOr<CloudAnswer> Good(const Lines& lines, CloudAnswer answer) {
  // The bit of a key triggered by caps lock is no part of its counter.
  constexpr uint64_t kAnyCounter = 0xffff;
  const auto counter = NumberIn(lines, "sessioncounter", kAnyCounter);
  const auto use = NumberIn(lines, "sessionuse", kMaxSessionUse);
  const auto timestamp = NumberIn(lines, "timestamp", kMaxTimestamp);
  if (!counter.has_value() || !use.has_value() || !timestamp.has_value()) {
    return Unavailable("OK without the counters of the key");
  }
  answer.result = CloudAnswer::Result::kGood;
  answer.position = (*counter & kMaxUseCounter) << 8U | *use;
  answer.timestamp = static_cast<uint32_t>(*timestamp);
  return answer;
}

}  // namespace

std::string WriteCloudQuery(const CloudRequest& request, int64_t client,
                            std::span<const uint8_t> key) {
  const std::string query = "id=" + std::to_string(client) +
                            "&nonce=" + request.nonce + "&otp=" + request.otp +
                            "&timestamp=1";
  return query + "&h=" + PercentEncode(SignWsapi(query, key));
}

StatusOr<CloudAnswer> ReadCloudAnswer(std::string_view body,
                                      const CloudRequest& request,
                                      std::span<const uint8_t> key) {
  const std::optional<Lines> lines = ReadLines(body);
  if (!lines.has_value()) {
    return Unavailable("the answer cannot be read");
  }
  if (!IsSigned(*lines, key)) {
    return Unavailable("the answer is not signed with our key");
  }
  CloudAnswer answer{.otp = request.otp};
  const std::string_view status = Get(*lines, "status");
  if (status == ToString(WsapiStatus::kBadOtp)) {  // which echoes nothing
    return answer;
  }
  if (Get(*lines, "otp") != request.otp ||
      Get(*lines, "nonce") != request.nonce) {
    return status == ToString(WsapiStatus::kOk) ||
                   status == ToString(WsapiStatus::kReplayedOtp)
               ? Unavailable("the answer is to another question")
               : Unavailable("the server has no answer: " +
                             std::string(status.substr(0, 32)));
  }
  if (status == ToString(WsapiStatus::kReplayedOtp)) {
    answer.result = CloudAnswer::Result::kReplayed;
    return answer;
  }
  if (status == ToString(WsapiStatus::kOk)) {
    return Good(*lines, std::move(answer));
  }
  return Unavailable("the server has no answer: " +
                     std::string(status.substr(0, 32)));
}

}  // namespace pawl::validator
