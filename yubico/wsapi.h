// The Yubico validation protocol (wsapi) 1.x and 2.0, as text: what a request
// asks, and how an answer is written and signed. protocol dossier: Yubico's
// "Validation Protocol Version 2.0", and what its reference server
// yubikey-val does (docs/wsapi.md says where we differ).
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/query.h"
#include "base/time.h"

namespace pawl::yubico {

// Clients of servers are numbers from 1 on, and have keys of these sizes.
inline constexpr int64_t kMaxWsapiClient = 9'999'999'999;
inline constexpr size_t kMinWsapiKey = 16;
inline constexpr size_t kMaxWsapiKey = 64;

// The words of the protocol; clients know no others.
enum class WsapiStatus {
  kOk,
  kBadOtp,
  kReplayedOtp,
  kReplayedRequest,
  kBadSignature,
  kMissingParameter,
  kNoSuchClient,
  kBackendError,
};
[[nodiscard]] std::string_view ToString(WsapiStatus status);

struct WsapiRequest {
  bool version_2 = true;      // 1.x has no nonce and no sl
  uint64_t client = 0;        // 1 to 9,999,999,999
  std::string otp{};          // lower-case modhex, as it is echoed
  std::string nonce{};        // 2.0: 16 to 40 letters and digits
  bool timestamp = false;     // asks for the counters
  std::string signature{};    // decoded h; empty: not signed
  std::string signed_text{};  // what h must be over
};

// A request, or what is wrong with it.
struct ParsedWsapi {
  WsapiRequest request{};
  std::optional<WsapiStatus> problem = std::nullopt;
};
// Checks in the order of the reference server. `parameters` none: they could
// not be read.
[[nodiscard]] ParsedWsapi ParseWsapi(
    bool version_2, const std::optional<Parameters>& parameters);

// Which version `path` ("/wsapi/2.0/verify") asks for: true for 2.0 and above,
// nullopt when it is no path of the protocol.
[[nodiscard]] std::optional<bool> IsVersion2(std::string_view path);

// What a good YubiKey OTP showed of the key.
struct WsapiCounters {
  uint64_t position = 0;   // use counter << 8 | session use
  uint32_t timestamp = 0;  // 24 bits, 1/8 s
};

struct WsapiAnswer {
  WsapiStatus status = WsapiStatus::kBackendError;
  UnixTime at{};
  std::optional<WsapiCounters> counters = std::nullopt;  // with kOk
};

// The lines, signed with `key`: an empty one where no client is known.
[[nodiscard]] std::string WriteWsapi(const WsapiAnswer& answer,
                                     const WsapiRequest& request,
                                     std::span<const uint8_t> key);

// The fields of a message, by name.
using WsapiFields = std::map<std::string_view, std::string_view>;

// What a signature is over: "a=1&b=2", all fields but h.
[[nodiscard]] std::string WsapiTextToSign(const WsapiFields& fields);

// base64(HMAC-SHA1(key, text)).
[[nodiscard]] std::string SignWsapi(std::string_view text,
                                    std::span<const uint8_t> key);

}  // namespace pawl::yubico
