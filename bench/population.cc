#include "bench/population.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/crypto.h"
#include "oath/motp.h"
#include "oath/totp.h"
#include "tools/token/software_token.h"
#include "validator/core/typed_code.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::bench {
namespace {

using db::TokenKind;
using tools::SoftwareToken;

constexpr int64_t kTotpPeriod = 30;
constexpr int kOathDigits = 8;
constexpr size_t kOathSecretSize = 20;
constexpr size_t kMotpSecretSize = 16;
constexpr size_t kPinAt = 28;  // in the 32 bytes that belong to a number
constexpr uint32_t kUsesInSession = 256;

std::array<uint8_t, 4> BigEndian(uint32_t number) {
  return {static_cast<uint8_t>(number >> 24U),
          static_cast<uint8_t>(number >> 16U),
          static_cast<uint8_t>(number >> 8U), static_cast<uint8_t>(number)};
}

std::string Numbered(std::string_view prefix, uint32_t number, size_t digits) {
  std::string text = std::to_string(number);
  text.insert(0, digits - std::min(digits, text.size()), '0');
  return std::string(prefix) + text;
}

std::string FourDigits(std::span<const uint8_t, 4> bytes) {
  std::string digits;
  for (const uint8_t byte : bytes) {
    digits += static_cast<char>('0' + byte % 10);
  }
  return digits;
}

}  // namespace

std::array<uint8_t, 32> Population::SecretOf(uint32_t i) const {
  return HmacSha256(AsBytes(seed_), BigEndian(i));
}

uint64_t Population::Mark() const {
  const std::array<uint8_t, 32> mac =
      HmacSha256(AsBytes(seed_), AsBytes("mark"));
  return BigEndianNumber(AsText(mac).substr(0, sizeof(uint64_t)));
}

TokenKind Population::KindOf(uint32_t i) {
  return static_cast<TokenKind>(i % kKinds + 1);
}

std::string Population::LoginOf(uint32_t i) const {
  return Numbered("person", i, 7) + "@example.org";
}

std::string Population::PinOf(uint32_t i) const {
  const std::array<uint8_t, 32> secret = SecretOf(i);
  return FourDigits(std::span(secret).subspan<kPinAt, 4>());
}

db::DeviceId Population::DeviceOf(uint32_t i) {
  return {uint64_t{i} + 1};
}

std::string Population::DevicePasswordOf(uint32_t i) const {
  const std::array<uint8_t, 32> secret = SecretOf(i);
  return validator::FormatDevicePassword(
      DeviceOf(i).value,
      std::span(secret).first<validator::kDeviceRandomBytes>());
}

v1::RegisterTokenRequest Population::TokenOf(uint32_t i) const {
  const std::array<uint8_t, 32> bytes = SecretOf(i);
  const std::string secret(AsText(bytes));
  v1::RegisterTokenRequest token;
  switch (KindOf(i)) {
    case TokenKind::kYubico:
      token.mutable_yubico()->set_public_id("vvcc" +
                                            yubico::ModhexEncode(BigEndian(i)));
      token.mutable_yubico()->set_aes_key(
          secret.substr(0, yubico::kAesKeySize));
      token.mutable_yubico()->set_private_id(
          secret.substr(yubico::kAesKeySize, yubico::kPrivateIdSize));
      break;
    case TokenKind::kHotp:
      token.mutable_hotp()->set_secret(secret.substr(0, kOathSecretSize));
      token.mutable_hotp()->set_digits(kOathDigits);
      token.mutable_hotp()->set_token_identifier(Numbered("oa", i, 10));
      break;
    case TokenKind::kTotp:
      token.mutable_totp()->set_secret(secret.substr(0, kOathSecretSize));
      token.mutable_totp()->set_digits(kOathDigits);
      break;
    case TokenKind::kMotp:
      token.mutable_motp()->set_secret(
          HexEncode(std::span(bytes).first<kMotpSecretSize>()));
      token.mutable_motp()->set_pin("1234");
      break;
    case TokenKind::kYubicloud:
      break;  // the population has none
  }
  return token;
}

std::optional<uint32_t> Population::PositionAt(uint32_t i, UnixTime now) {
  const TokenKind kind = KindOf(i);
  if (kind == TokenKind::kYubico || kind == TokenKind::kHotp) {
    return std::nullopt;
  }
  const int64_t period =
      kind == TokenKind::kTotp ? kTotpPeriod : oath::kMotpPeriod;
  return static_cast<uint32_t>(
      oath::StepAt(ToUnixSeconds(now), 0, period).value_or(0));
}

StatusOr<std::string> Population::CodeOf(uint32_t i, uint32_t position,
                                         UnixTime now, Rng& rng) const {
  v1::RegisterTokenRequest token = TokenOf(i);
  tools::YubicoState key;
  if (token.has_hotp()) {
    token.mutable_hotp()->set_counter(position);
  }
  if (token.has_yubico()) {
    key.use_counter = static_cast<uint16_t>(position / kUsesInSession + 1);
    key.session_uses = static_cast<uint16_t>(position % kUsesInSession);
    key.power_up_time = now;
  }
  PAWL_ASSIGN_OR_RETURN(SoftwareToken shown,
                        SoftwareToken::Restore(std::move(token), key));
  return shown.NextCode(now, rng);
}

}  // namespace pawl::bench
