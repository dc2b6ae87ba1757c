// What a server of the Yubico validation protocol has said, read by one who
// trusts nothing of it before its signature.
//
// Pure; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "validator/core/prove.h"

namespace pawl::validator {

struct CloudRequest {
  std::string otp;    // public id and code, lower-case modhex
  std::string nonce;  // made for this one question
};

// "id=1&nonce=...&otp=...&timestamp=1&h=...": the query of a signed question.
[[nodiscard]] std::string WriteCloudQuery(const CloudRequest& request,
                                          int64_t client,
                                          std::span<const uint8_t> key);

// The answer in `body`. UNAVAILABLE, with the reason for the log, for whatever
// is no signed and plain statement about this OTP and nonce: no or a wrong
// signature, another's echo, a line twice, no counters, any status but OK,
// BAD_OTP and REPLAYED_OTP.
[[nodiscard]] StatusOr<CloudAnswer> ReadCloudAnswer(
    std::string_view body, const CloudRequest& request,
    std::span<const uint8_t> key);

}  // namespace pawl::validator
