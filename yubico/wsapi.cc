#include "yubico/wsapi.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/text.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::yubico {
namespace {

constexpr size_t kMinOtpLetters = kCipherLetters;
constexpr size_t kMaxOtpLetters = 48;
constexpr size_t kMinNonce = 16;
constexpr size_t kMaxNonce = 40;
constexpr size_t kMaxClientDigits = 10;
constexpr size_t kMacSize = 20;
constexpr std::string_view kDigits = "0123456789";

// What the reference server takes off both ends of every value.
std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace(" \t\n\r\0\v", 6);
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool AreDigits(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

// The number that `text` begins with; 0 when it begins with none.
uint64_t LeadingNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc::result_out_of_range ? UINT64_MAX : number;
}

// As the key meant it: lower case, and modhex when it was typed through the
// Dvorak layout. nullopt when no YubiKey types this.
std::optional<std::string> NormalizeOtp(std::string_view value) {
  std::string text = AsciiLower(Trim(value));
  if (text.size() < kMinOtpLetters || text.size() > kMaxOtpLetters) {
    return std::nullopt;
  }
  return IsModhex(text) ? std::optional(std::move(text)) : FromDvorak(text);
}

bool IsNonce(std::string_view nonce) {
  return nonce.size() >= kMinNonce && nonce.size() <= kMaxNonce &&
         std::all_of(nonce.begin(), nonce.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z');
         });
}

// "fast", "secure" or a percentage of at least 1; empty: the default. What it
// asks for is always given: one database answers for all.
bool IsSyncLevel(std::string_view value) {
  const std::string level = AsciiLower(Trim(value));
  return level.empty() || level == "fast" || level == "secure" ||
         LeadingNumber(level) >= 1;
}

bool IsClientId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxClientDigits && AreDigits(id) &&
         LeadingNumber(id) > 0;
}

// The checks that come before the client is looked up, in their order.
std::optional<WsapiStatus> FindProblem(bool version_2,
                                       const Parameters& parameters) {
  const std::string_view nonce = Trim(parameters.Get("nonce"));
  if (version_2 &&
      (nonce.empty() || nonce == "0" || !IsSyncLevel(parameters.Get("sl")) ||
       !AreDigits(Trim(parameters.Get("timeout"))))) {
    return WsapiStatus::kMissingParameter;
  }
  if (!NormalizeOtp(parameters.Get("otp")).has_value()) {
    return WsapiStatus::kBadOtp;
  }
  if (!IsClientId(Trim(parameters.Get("id"))) ||
      (version_2 && !IsNonce(nonce))) {
    return WsapiStatus::kMissingParameter;
  }
  return std::nullopt;
}

WsapiFields FieldsOf(const Parameters& parameters) {
  WsapiFields fields;
  for (const Parameter& parameter : parameters.all()) {
    fields.emplace(parameter.name, parameter.value);
  }
  return fields;
}

// "2026-01-22T00:25:11Z0042": after the Z a 0 and three digits of milliseconds.
std::string WriteTime(UnixTime at) {
  constexpr size_t kSecondsEnd = 19;
  const std::string text = ToRfc3339(at);
  const std::string millis = std::to_string(ToUnixMillis(at) % 1000);
  return text.substr(0, kSecondsEnd) + "Z0" +
         std::string(3 - millis.size(), '0') + millis;
}

bool EchoesOtp(WsapiStatus status) {
  return status == WsapiStatus::kOk || status == WsapiStatus::kReplayedOtp ||
         status == WsapiStatus::kReplayedRequest;
}

using Lines = std::vector<std::pair<std::string_view, std::string>>;

Lines LinesOf(const WsapiAnswer& answer, const WsapiRequest& request) {
  Lines lines = {{"t", WriteTime(answer.at)}};
  const bool good = answer.status == WsapiStatus::kOk;
  if (request.version_2 && EchoesOtp(answer.status)) {
    lines.emplace_back("otp", request.otp);
    lines.emplace_back("nonce", request.nonce);
    if (good) {
      lines.emplace_back("sl", "100");
    }
  }
  if (good && request.timestamp && answer.counters.has_value()) {
    const WsapiCounters& counters = *answer.counters;
    lines.emplace_back("timestamp", std::to_string(counters.timestamp));
    lines.emplace_back("sessioncounter",
                       std::to_string(counters.position >> 8U));
    lines.emplace_back("sessionuse", std::to_string(counters.position & 0xffU));
  }
  lines.emplace_back("status", ToString(answer.status));
  return lines;
}

}  // namespace

std::string_view ToString(WsapiStatus status) {
  switch (status) {
    case WsapiStatus::kOk:
      return "OK";
    case WsapiStatus::kBadOtp:
      return "BAD_OTP";
    case WsapiStatus::kReplayedOtp:
      return "REPLAYED_OTP";
    case WsapiStatus::kReplayedRequest:
      return "REPLAYED_REQUEST";
    case WsapiStatus::kBadSignature:
      return "BAD_SIGNATURE";
    case WsapiStatus::kMissingParameter:
      return "MISSING_PARAMETER";
    case WsapiStatus::kNoSuchClient:
      return "NO_SUCH_CLIENT";
    case WsapiStatus::kBackendError:
      break;
  }
  return "BACKEND_ERROR";
}

std::optional<bool> IsVersion2(std::string_view path) {
  constexpr std::string_view kPrefix = "/wsapi/";
  constexpr std::string_view kVerify = "verify";
  if (!path.starts_with(kPrefix) || !path.ends_with(kVerify)) {
    return std::nullopt;
  }
  const std::string_view version = path.substr(
      kPrefix.size(), path.size() - kPrefix.size() - kVerify.size());
  if (version.empty()) {
    return false;
  }
  // "2.0/"
  const bool is_version =
      version.size() == 4 && version[1] == '.' && version[3] == '/' &&
      AreDigits(version.substr(0, 1)) && AreDigits(version.substr(2, 1));
  return is_version ? std::optional(version[0] >= '2') : std::nullopt;
}

ParsedWsapi ParseWsapi(bool version_2,
                       const std::optional<Parameters>& parameters) {
  ParsedWsapi parsed;
  WsapiRequest& request = parsed.request;
  request.version_2 = version_2;
  if (!parameters.has_value()) {
    parsed.problem = WsapiStatus::kMissingParameter;
    return parsed;
  }
  parsed.problem = FindProblem(version_2, *parameters);
  if (parsed.problem.has_value()) {
    return parsed;
  }
  request.client = LeadingNumber(Trim(parameters->Get("id")));
  request.otp = *NormalizeOtp(parameters->Get("otp"));
  request.nonce = version_2 ? Trim(parameters->Get("nonce")) : "";
  const std::string_view timestamp = Trim(parameters->Get("timestamp"));
  request.timestamp = AreDigits(timestamp) && LeadingNumber(timestamp) == 1;
  const std::string_view signature = Trim(parameters->Get("h"));
  if (!signature.empty()) {
    // What is no MAC is one that is wrong.
    request.signature =
        AsText(Base64Decode(signature).value_or(Bytes(kMacSize + 1)));
    request.signed_text = WsapiTextToSign(FieldsOf(*parameters));
  }
  return parsed;
}

std::string WsapiTextToSign(const WsapiFields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (name != "h") {
      text.append(text.empty() ? "" : "&").append(name);
      text.append("=").append(value);
    }
  }
  return text;
}

std::string SignWsapi(std::string_view text, std::span<const uint8_t> key) {
  return Base64Encode(HmacSha1(key, AsBytes(text)));
}

std::string WriteWsapi(const WsapiAnswer& answer, const WsapiRequest& request,
                       std::span<const uint8_t> key) {
  const Lines lines = LinesOf(answer, request);
  std::string body;
  for (const auto& [name, value] : lines) {
    body += std::string(name) + "=" + value + "\r\n";
  }
  const std::string text =
      WsapiTextToSign(WsapiFields(lines.begin(), lines.end()));
  return "h=" + SignWsapi(text, key) + "\r\n" + body + "\r\n";
}

}  // namespace pawl::yubico
