#include "validator/cloud/answer.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/ct_equal.h"
#include "base/query.h"
#include "base/text.h"
#include "yubico/wsapi.h"

namespace pawl::validator {
namespace {

using yubico::SignWsapi;
using yubico::ToString;
using yubico::WsapiFields;
using yubico::WsapiStatus;

constexpr size_t kMostLines = 32;
constexpr uint64_t kMaxUseCounter = 0x7fff;
constexpr uint64_t kMaxSessionUse = 0xff;
constexpr uint64_t kMaxTimestamp = 0xffffff;

// "name=value" lines; nullopt when a name comes twice or a line is none.
std::optional<WsapiFields> ReadFields(std::string_view body) {
  WsapiFields fields;
  while (!body.empty()) {
    std::string_view line = TakeUntil(body, '\n');
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
      line.remove_suffix(1);
    }
    if (line.empty()) {
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || fields.size() == kMostLines ||
        !fields.emplace(line.substr(0, equals), line.substr(equals + 1))
             .second) {
      return std::nullopt;
    }
  }
  return fields;
}

std::string_view Get(const WsapiFields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : found->second;
}

bool IsSigned(const WsapiFields& fields, std::span<const uint8_t> key) {
  return ConstantTimeEqual(SignWsapi(yubico::WsapiTextToSign(fields), key),
                           Get(fields, "h"));
}

std::optional<uint64_t> NumberIn(const WsapiFields& fields,
                                 std::string_view name, uint64_t max) {
  const std::string_view text = Get(fields, name);
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number <= max ? std::optional(number) : std::nullopt;
}

StatusOr<CloudAnswer> Good(const WsapiFields& fields, CloudAnswer answer) {
  // The bit of a key triggered by caps lock is no part of its counter.
  constexpr uint64_t kAnyCounter = 0xffff;
  const auto counter = NumberIn(fields, "sessioncounter", kAnyCounter);
  const auto use = NumberIn(fields, "sessionuse", kMaxSessionUse);
  const auto timestamp = NumberIn(fields, "timestamp", kMaxTimestamp);
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
  const std::string id = std::to_string(client);
  const std::string query = yubico::WsapiTextToSign({{"id", id},
                                                     {"nonce", request.nonce},
                                                     {"otp", request.otp},
                                                     {"timestamp", "1"}});
  return query + "&h=" + PercentEncode(SignWsapi(query, key));
}

StatusOr<CloudAnswer> ReadCloudAnswer(std::string_view body,
                                      const CloudRequest& request,
                                      std::span<const uint8_t> key) {
  const std::optional<WsapiFields> fields = ReadFields(body);
  if (!fields.has_value()) {
    return Unavailable("the answer cannot be read");
  }
  if (!IsSigned(*fields, key)) {
    return Unavailable("the answer is not signed with our key");
  }
  CloudAnswer answer{.otp = request.otp};
  const std::string_view status = Get(*fields, "status");
  if (status == ToString(WsapiStatus::kBadOtp)) {  // which echoes nothing
    return answer;
  }
  if (Get(*fields, "otp") != request.otp ||
      Get(*fields, "nonce") != request.nonce) {
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
    return Good(*fields, std::move(answer));
  }
  return Unavailable("the server has no answer: " +
                     std::string(status.substr(0, 32)));
}

}  // namespace pawl::validator
