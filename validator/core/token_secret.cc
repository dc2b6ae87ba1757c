#include "validator/core/token_secret.h"

#include <utility>

#include "base/bytes.h"

namespace pawl::validator {
namespace {

SecretBytes Join(std::span<const uint8_t> front, std::span<const uint8_t> back,
                 bool separated) {
  Bytes joined;
  joined.reserve(front.size() + back.size() + 1);
  joined.insert(joined.end(), front.begin(), front.end());
  if (separated) {
    joined.push_back(0);
  }
  joined.insert(joined.end(), back.begin(), back.end());
  return SecretBytes(std::move(joined));
}

}  // namespace

SecretBytes PackYubico(const YubicoSecret& secret) {
  return Join(secret.private_id, secret.aes_key, /*separated=*/false);
}

SecretBytes PackMotp(const MotpSecret& secret) {
  return Join(AsBytes(secret.secret), AsBytes(secret.pin), /*separated=*/true);
}

std::optional<YubicoSecret> UnpackYubico(std::span<const uint8_t> packed) {
  if (packed.size() != yubico::kPrivateIdSize + yubico::kAesKeySize) {
    return std::nullopt;
  }
  return YubicoSecret{.private_id = packed.first<yubico::kPrivateIdSize>(),
                      .aes_key = packed.last<yubico::kAesKeySize>()};
}

std::optional<MotpSecret> UnpackMotp(std::span<const uint8_t> packed) {
  const std::string_view text = AsText(packed);
  const size_t separator = text.find('\0');
  if (separator == std::string_view::npos) {
    return std::nullopt;
  }
  return MotpSecret{.secret = text.substr(0, separator),
                    .pin = text.substr(separator + 1)};
}

}  // namespace pawl::validator
