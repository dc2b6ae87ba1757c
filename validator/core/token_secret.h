// TokenSecret: what is inside a token's sealed secret, per kind.
//
//     Yubico     private id (6 bytes) then AES key (16 bytes)
//     HOTP, TOTP seed
//     mOTP       secret text (lower-case hex), NUL, PIN text
//
// Stored (sealed): the layout does not change.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/secret.h"
#include "yubico/otp.h"

namespace pawl::validator {

struct YubicoSecret {
  std::span<const uint8_t, yubico::kPrivateIdSize> private_id;
  std::span<const uint8_t, yubico::kAesKeySize> aes_key;
};
struct MotpSecret {
  std::string_view secret;
  std::string_view pin;
};

[[nodiscard]] SecretBytes PackYubico(const YubicoSecret& secret);
[[nodiscard]] SecretBytes PackMotp(const MotpSecret& secret);

// Views into `packed`. nullopt when it is not of this layout: a corrupt row.
[[nodiscard]] std::optional<YubicoSecret> UnpackYubico(
    std::span<const uint8_t> packed);
[[nodiscard]] std::optional<MotpSecret> UnpackMotp(
    std::span<const uint8_t> packed);

}  // namespace pawl::validator
