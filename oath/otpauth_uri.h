// otpauth:// (Key URI format) and motp:// texts for enrolment QR codes.
//
// Pure functions; thread-safe. The result holds the secret: show it once and
// wipe it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/crypto.h"

namespace pawl::oath {

struct OtpauthUri {
  bool time_based = true;  // totp or hotp
  std::string_view issuer{};
  std::string_view account{};
  std::span<const uint8_t> secret{};
  Hash hash = Hash::kSha1;
  int digits = 6;
  int64_t period = 30;   // seconds, TOTP only
  uint64_t counter = 0;  // HOTP only
};

// "otpauth://totp/Issuer:account?secret=BASE32&issuer=..&algorithm=..": %20
// for blanks, no padding. Defaults are written out, because apps differ.
[[nodiscard]] std::string ToString(const OtpauthUri& uri);

// "motp://issuer:account?secret=hex"; there is no PIN in it by convention.
[[nodiscard]] std::string MotpUri(std::string_view issuer,
                                  std::string_view account,
                                  std::string_view secret);

}  // namespace pawl::oath
