#include "tools/token/software_token.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/text.h"
#include "oath/hotp.h"
#include "oath/motp.h"
#include "oath/totp.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::tools {
namespace {

using v1::RegisterTokenRequest;

constexpr uint16_t kMaxUseCounter = 0x7fff;
constexpr uint16_t kUsesInSession = 256;
constexpr uint32_t kTimestampMask = 0xffffff;
constexpr int64_t kTicksPerSecond = 8;
constexpr size_t kIdentifierSize = 12;
constexpr size_t kMotpSecretSize = 16;
constexpr size_t kMotpPinSize = 4;
constexpr int64_t kDefaultPeriod = 30;

std::string RandomBytes(size_t size, Rng& rng) {
  std::string bytes(size, '\0');
  rng.Fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

uint32_t RandomNumber(Rng& rng) {
  std::array<uint8_t, 4> bytes{};
  rng.Fill(bytes);
  uint32_t number = 0;
  for (const uint8_t byte : bytes) {
    number = (number << 8) | byte;
  }
  return number;
}

std::string RandomDigits(size_t size, Rng& rng) {
  std::string digits;
  while (digits.size() < size) {
    uint8_t byte = 0;
    rng.Fill(std::span(&byte, 1));
    if (byte < 250) {  // so that all digits are equally likely
      digits += static_cast<char>('0' + byte % 10);
    }
  }
  return digits;
}

bool ConsistsOf(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

// SHA-1 unless the request says otherwise; nullopt for an unknown number.
std::optional<Hash> HashOf(v1::HashAlgorithm hash) {
  if (hash == v1::HASH_ALGORITHM_UNSPECIFIED ||
      hash == v1::HASH_ALGORITHM_SHA1) {
    return Hash::kSha1;
  }
  if (hash == v1::HASH_ALGORITHM_SHA256) {
    return Hash::kSha256;
  }
  if (hash == v1::HASH_ALGORITHM_SHA512) {
    return Hash::kSha512;
  }
  return std::nullopt;
}

int DigitsOf(int32_t digits) {
  return digits == 0 ? oath::kMinDigits : digits;
}

int64_t PeriodOf(const v1::TotpToken& token) {
  return token.has_period() ? token.period().seconds() : kDefaultPeriod;
}

// A seed of the size that fits the hash, as the RFCs recommend.
template <typename Token>
void FillSeed(Token& token, Rng& rng) {
  const Hash hash = HashOf(token.hash()).value_or(Hash::kSha1);
  token.set_secret(RandomBytes(DigestSize(hash), rng));
}

void FillSecrets(v1::MotpToken& token, Rng& rng) {
  token.set_secret(HexEncode(AsBytes(RandomBytes(kMotpSecretSize, rng))));
  if (token.pin().empty()) {
    token.set_pin(RandomDigits(kMotpPinSize, rng));
  }
}

Status Check(const v1::YubicoToken& token) {
  const std::string& id = token.public_id();
  if (id.size() > yubico::kMaxPublicIdLetters || id.size() % 2 != 0 ||
      !yubico::IsModhex(id)) {
    return InvalidField("public_id",
                        "must be 0 to 32 modhex letters, an even number");
  }
  if (token.private_id().size() != yubico::kPrivateIdSize) {
    return InvalidField("private_id", "must be 6 bytes");
  }
  if (token.aes_key().size() != yubico::kAesKeySize) {
    return InvalidField("aes_key", "must be 16 bytes");
  }
  return OkStatus();
}

// What HOTP and TOTP have in common.
template <typename Token>
Status CheckOath(const Token& token) {
  if (token.secret().size() < 16 || token.secret().size() > 128) {
    return InvalidField("secret", "must be 16 to 128 bytes");
  }
  if (!HashOf(token.hash()).has_value()) {
    return InvalidField("hash", "must be SHA-1, SHA-256 or SHA-512");
  }
  const int digits = DigitsOf(token.digits());
  if (digits < oath::kMinDigits || digits > oath::kMaxDigits) {
    return InvalidField("digits", "must be 6, 7 or 8");
  }
  const std::string& identifier = token.token_identifier();
  if (!identifier.empty() &&
      (identifier.size() != kIdentifierSize ||
       !ConsistsOf(identifier, "0123456789abcdefghijklmnopqrstuvwxyz"))) {
    return InvalidField("token_identifier",
                        "must be 12 lower-case letters and digits");
  }
  return OkStatus();
}

Status Check(const v1::HotpToken& token) {
  if (token.counter() < 0) {
    return InvalidField("counter", "must not be negative");
  }
  return CheckOath(token);
}

Status Check(const v1::TotpToken& token) {
  const int64_t period = PeriodOf(token);
  if (period < 10 || period > 600 || token.period().nanos() != 0) {
    return InvalidField("period", "must be 10 to 600 whole seconds");
  }
  return CheckOath(token);
}

Status Check(const v1::MotpToken& token) {
  const size_t size = token.secret().size();
  if (size < 16 || size > 64 || !HexDecode(token.secret()).has_value()) {
    return InvalidField("secret", "must be 16 to 64 hex digits");
  }
  if (token.pin().empty() || token.pin().size() > 16 ||
      !ConsistsOf(token.pin(), "0123456789")) {
    return InvalidField("pin", "must be 1 to 16 digits");
  }
  return OkStatus();
}

Status Check(const RegisterTokenRequest& token) {
  switch (token.kind_case()) {
    case RegisterTokenRequest::kYubico:
      return Check(token.yubico());
    case RegisterTokenRequest::kHotp:
      return Check(token.hotp());
    case RegisterTokenRequest::kTotp:
      return Check(token.totp());
    case RegisterTokenRequest::kMotp:
      return Check(token.motp());
    case RegisterTokenRequest::kYubicloud:  // has no secret here
    case RegisterTokenRequest::KIND_NOT_SET:
      break;
  }
  return InvalidField("kind", "must be yubico, hotp, totp or motp");
}

template <typename Token>
std::string OathCode(const Token& token, uint64_t position) {
  return token.token_identifier() +
         oath::Hotp(AsBytes(token.secret()), position, DigitsOf(token.digits()),
                    *HashOf(token.hash()));
}

// The 24-bit clock of a key.
uint32_t TimestampAt(const YubicoState& state, UnixTime now) {
  const int64_t elapsed = (now - state.power_up_time).count();
  const int64_t ticks = elapsed * kTicksPerSecond / Millis::period::den;
  return (state.power_up_timestamp + static_cast<uint32_t>(ticks)) &
         kTimestampMask;
}

}  // namespace

std::string RandomPublicId(Rng& rng) {
  return "vv" + yubico::ModhexEncode(AsBytes(RandomBytes(5, rng)));
}

SoftwareToken::SoftwareToken(RegisterTokenRequest&& registration,
                             const YubicoState& yubico)
    : registration_(std::move(registration)), yubico_(yubico) {}

StatusOr<SoftwareToken> SoftwareToken::Generate(
    RegisterTokenRequest description, Rng& rng) {
  switch (description.kind_case()) {
    case RegisterTokenRequest::kYubico:
      description.mutable_yubico()->set_private_id(
          RandomBytes(yubico::kPrivateIdSize, rng));
      description.mutable_yubico()->set_aes_key(
          RandomBytes(yubico::kAesKeySize, rng));
      break;
    case RegisterTokenRequest::kHotp:
      FillSeed(*description.mutable_hotp(), rng);
      break;
    case RegisterTokenRequest::kTotp:
      FillSeed(*description.mutable_totp(), rng);
      break;
    case RegisterTokenRequest::kMotp:
      FillSecrets(*description.mutable_motp(), rng);
      break;
    case RegisterTokenRequest::kYubicloud:  // has no secret here
    case RegisterTokenRequest::KIND_NOT_SET:
      break;
  }
  return Restore(std::move(description));
}

StatusOr<SoftwareToken> SoftwareToken::Restore(
    RegisterTokenRequest registration, const YubicoState& yubico) {
  PAWL_RETURN_IF_ERROR(Check(registration));
  if (yubico.use_counter > kMaxUseCounter ||
      yubico.session_uses > kUsesInSession) {
    return InvalidField("yubico", "counter out of range");
  }
  return SoftwareToken(std::move(registration), yubico);
}

StatusOr<std::string> SoftwareToken::NextCode(UnixTime now, Rng& rng) {
  switch (registration_.kind_case()) {
    case RegisterTokenRequest::kYubico:
      return NextYubico(now, rng);
    case RegisterTokenRequest::kHotp:
      return NextHotp();
    case RegisterTokenRequest::kTotp:
      return TotpAt(now);
    case RegisterTokenRequest::kMotp:
      return MotpAt(now);
    case RegisterTokenRequest::kYubicloud:  // has no secret here
    case RegisterTokenRequest::KIND_NOT_SET:
      break;
  }
  PAWL_CHECK(false);  // Restore() lets no such token be
}

Status SoftwareToken::PowerCycle(UnixTime now, Rng& rng) {
  if (!registration_.has_yubico()) {
    return FailedPrecondition("only a yubico token has power cycles");
  }
  PAWL_RETURN_IF_ERROR(RaiseUseCounter());
  yubico_.power_up_time = now;
  yubico_.power_up_timestamp = RandomNumber(rng) & kTimestampMask;
  return OkStatus();
}

Millis SoftwareToken::CodePeriod() const {
  if (registration_.has_totp()) {
    return std::chrono::seconds(PeriodOf(registration_.totp()));
  }
  if (registration_.has_motp()) {
    return std::chrono::seconds(oath::kMotpPeriod);
  }
  return Millis::zero();
}

StatusOr<std::string> SoftwareToken::NextYubico(UnixTime now, Rng& rng) {
  if (yubico_.use_counter == 0) {
    PAWL_RETURN_IF_ERROR(PowerCycle(now, rng));
  }
  if (yubico_.session_uses == kUsesInSession) {
    PAWL_RETURN_IF_ERROR(RaiseUseCounter());
  }
  const v1::YubicoToken& token = registration_.yubico();
  yubico::OtpBlock block;
  std::copy(token.private_id().begin(), token.private_id().end(),
            block.private_id.begin());
  block.use_counter = yubico_.use_counter;
  block.timestamp = TimestampAt(yubico_, now);
  block.session_use = static_cast<uint8_t>(yubico_.session_uses);
  block.random = static_cast<uint16_t>(RandomNumber(rng) & 0xffff);
  ++yubico_.session_uses;
  const auto key = AsBytes(token.aes_key()).first<yubico::kAesKeySize>();
  return token.public_id() + yubico::ModhexEncode(yubico::Seal(block, key));
}

StatusOr<std::string> SoftwareToken::NextHotp() {
  v1::HotpToken& token = *registration_.mutable_hotp();
  const int64_t counter = token.counter();
  if (counter == std::numeric_limits<int64_t>::max()) {
    return FailedPrecondition("the counter of this token is used up");
  }
  token.set_counter(counter + 1);
  return OathCode(token, static_cast<uint64_t>(counter));
}

StatusOr<std::string> SoftwareToken::TotpAt(UnixTime now) const {
  const v1::TotpToken& token = registration_.totp();
  const std::optional<uint64_t> step = oath::StepAt(
      ToUnixSeconds(now), token.start_time().seconds(), PeriodOf(token));
  if (!step.has_value()) {
    return FailedPrecondition("this is before the first step of the token");
  }
  return OathCode(token, *step);
}

StatusOr<std::string> SoftwareToken::MotpAt(UnixTime now) const {
  const v1::MotpToken& token = registration_.motp();
  const std::optional<uint64_t> slot =
      oath::StepAt(ToUnixSeconds(now), 0, oath::kMotpPeriod);
  if (!slot.has_value()) {
    return FailedPrecondition("this is before the first slot of the token");
  }
  return oath::Motp(AsciiLower(token.secret()), token.pin(), *slot);
}

Status SoftwareToken::RaiseUseCounter() {
  if (yubico_.use_counter == kMaxUseCounter) {
    return FailedPrecondition("the use counter of this key is used up");
  }
  ++yubico_.use_counter;
  yubico_.session_uses = 0;
  return OkStatus();
}

}  // namespace pawl::tools
