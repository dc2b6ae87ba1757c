#include "validator/service/token_registration.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/key_access.h"
#include "base/text.h"
#include "oath/hotp.h"
#include "oath/motp.h"
#include "validator/core/credential.h"
#include "validator/core/token_secret.h"
#include "validator/service/fields.h"
#include "validator/service/prover.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::validator {
namespace {

using db::TokenKind;
using db::TokenRecord;

constexpr size_t kMaxLabelBytes = 128;
constexpr size_t kMinSeedSize = 16;
constexpr size_t kMaxSeedSize = 128;
constexpr size_t kGeneratedPublicIdSize = 6;
constexpr size_t kMotpGeneratedSize = 8;
constexpr size_t kMaxMotpPinDigits = 16;
constexpr int64_t kMinPeriod = 10;
constexpr int64_t kMaxPeriod = 600;
constexpr int64_t kDefaultPeriod = 30;
constexpr int64_t kDefaultDigits = 6;

// What each kind may have as window, and what it gets unasked.
struct WindowRule {
  int64_t standard = 0;
  int64_t max = 0;
};

WindowRule WindowRuleOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kYubico:
    case TokenKind::kYubicloud:
      return {};
    case TokenKind::kHotp:
      return {.standard = 10, .max = 100};
    case TokenKind::kTotp:
      return {.standard = 1, .max = 10};
    case TokenKind::kMotp:
      return {.standard = 18, .max = 60};
  }
  return {};
}

std::string Range(int64_t min, int64_t max) {
  return "must be " + std::to_string(min) + " to " + std::to_string(max);
}

StatusOr<int64_t> InRange(std::string_view field, int64_t value, int64_t unset,
                          int64_t min, int64_t max) {
  const int64_t chosen = value == 0 ? unset : value;
  if (chosen < min || chosen > max) {
    return InvalidField(field, Range(min, max));
  }
  return chosen;
}

Status CheckSize(std::string_view field, const SecretBytes& secret, size_t min,
                 size_t max) {
  if (secret.size() >= min && secret.size() <= max) {
    return OkStatus();
  }
  return InvalidField(field, min == max
                                 ? "must have " + std::to_string(min) + " bytes"
                                 : "must have " + std::to_string(min) + " to " +
                                       std::to_string(max) + " bytes");
}

StatusOr<std::string> YubicoPublicId(std::string_view text) {
  std::string id = AsciiLower(text);
  if (id.size() > yubico::kMaxPublicIdLetters || id.size() % 2 != 0 ||
      !yubico::IsModhex(id)) {
    return InvalidField("public_id",
                        "must be 0 to 32 modhex letters, an even number");
  }
  return id;
}

StatusOr<std::string> TokenIdentifier(std::string_view text) {
  std::string id = AsciiLower(text);
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  if (!id.empty() && (id.size() != kTokenIdentifierLength || !plain)) {
    return InvalidField("token_identifier", "must be 12 letters or digits");
  }
  return id;
}

StatusOr<SecretBytes> PackedYubico(const TokenSpec& spec) {
  PAWL_RETURN_IF_ERROR(CheckSize("private_id", spec.private_id,
                                 yubico::kPrivateIdSize,
                                 yubico::kPrivateIdSize));
  PAWL_RETURN_IF_ERROR(CheckSize("aes_key", spec.secret, yubico::kAesKeySize,
                                 yubico::kAesKeySize));
  const KeyAccess access = GrantKeyAccess();
  return PackYubico(
      {.private_id =
           spec.private_id.Reveal(access).first<yubico::kPrivateIdSize>(),
       .aes_key = spec.secret.Reveal(access).first<yubico::kAesKeySize>()});
}

StatusOr<SecretBytes> PackedMotp(const TokenSpec& spec) {
  const KeyAccess access = GrantKeyAccess();
  const std::string_view pin = AsText(spec.motp_pin.Reveal(access));
  const bool digits = std::all_of(pin.begin(), pin.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (pin.empty() || pin.size() > kMaxMotpPinDigits || !digits) {
    return InvalidField("pin", "must be 1 to 16 digits");
  }
  // The secret is hashed as text; apps write it in lower case.
  std::string secret = AsciiLower(AsText(spec.secret.Reveal(access)));
  if (secret.size() < 16 || secret.size() > 64 ||
      !HexDecode(secret).has_value()) {
    Wipe(secret);
    return InvalidField("secret",
                        "must be 16 to 64 hex digits, an even number");
  }
  SecretBytes packed = PackMotp({.secret = secret, .pin = pin});
  Wipe(secret);
  return packed;
}

// The secret in the form that is sealed.
StatusOr<SecretBytes> Pack(const TokenSpec& spec) {
  switch (spec.kind) {
    case TokenKind::kYubicloud:
      return SecretBytes();
    case TokenKind::kYubico:
      return PackedYubico(spec);
    case TokenKind::kHotp:
    case TokenKind::kTotp:
      PAWL_RETURN_IF_ERROR(
          CheckSize("secret", spec.secret, kMinSeedSize, kMaxSeedSize));
      return spec.secret.Clone();
    case TokenKind::kMotp:
      return PackedMotp(spec);
  }
  return Internal("unknown token kind");
}

// HMAC takes a key longer than its block by its hash, and fills a short one up
// with zeros: seeds that differ in no more than that make the same codes.
std::string HmacKeyOf(std::span<const uint8_t> seed, Hash hash) {
  const size_t block = hash == Hash::kSha512 ? 128 : 64;
  std::string key(AsText(seed));
  if (seed.size() > block) {
    key = AsText(Digest(hash, seed));
  }
  key.erase(key.find_last_not_of('\0') + 1);
  return key;
}

// What makes the codes of a token, whatever its kind calls it: two tokens that
// share it could accept one code twice. A Yubico token is its AES key; HOTP
// and TOTP are their HMAC key, because kind, period, T0, digits and hash do
// not make codes of one seed independent; mOTP hashes secret and PIN as one
// text.
std::string Essence(const TokenSpec& spec, const SecretBytes& packed) {
  const KeyAccess access = GrantKeyAccess();
  switch (spec.kind) {
    case TokenKind::kYubicloud:
      return AsciiLower(spec.public_id);
    case TokenKind::kYubico:
      return std::string(AsText(spec.secret.Reveal(access)));
    case TokenKind::kHotp:
    case TokenKind::kTotp:
      return HmacKeyOf(packed.Reveal(access), spec.hash);
    case TokenKind::kMotp: {
      std::string text(AsText(packed.Reveal(access)));
      std::erase(text, '\0');
      return text;
    }
  }
  return {};
}

std::string_view FamilyOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kYubico:
      return "yubico";
    case TokenKind::kHotp:
    case TokenKind::kTotp:
      return "oath";
    case TokenKind::kMotp:
      return "motp";
    case TokenKind::kYubicloud:
      return "yubicloud";
  }
  return {};
}

}  // namespace

Status CheckLabel(std::string_view label) {
  return CheckText("label", label, 0, kMaxLabelBytes);
}

StatusOr<uint32_t> WindowFor(TokenKind kind, int64_t asked) {
  const WindowRule rule = WindowRuleOf(kind);
  PAWL_ASSIGN_OR_RETURN(const int64_t window,
                        InRange("window", asked, rule.standard,
                                std::min<int64_t>(1, rule.max), rule.max));
  return static_cast<uint32_t>(window);
}

std::string CloudFingerprint(const KeyedHash& hash,
                             std::string_view public_id) {
  return hash.Fingerprint(FamilyOf(TokenKind::kYubicloud), public_id);
}

TokenRegistration::TokenRegistration(const AdminParts& parts) : parts_(parts) {}

// Fills in the secrets that are asked to be made here.
StatusOr<RegisteredToken> TokenRegistration::Generate(TokenSpec& spec) {
  RegisteredToken made;
  if (!spec.generate) {
    return made;
  }
  if (!spec.secret.empty() || !spec.private_id.empty()) {
    return InvalidField("generate", "must not be set when a secret is given");
  }
  switch (spec.kind) {
    case TokenKind::kYubicloud:
      return InvalidField("generate", "is not for keys of the YubiCloud");
    case TokenKind::kYubico:
      spec.secret = parts_.rng->Secret(yubico::kAesKeySize);
      spec.private_id = parts_.rng->Secret(yubico::kPrivateIdSize);
      if (spec.public_id.empty()) {
        const SecretBytes id = parts_.rng->Secret(kGeneratedPublicIdSize);
        spec.public_id = yubico::ModhexEncode(id.Reveal(GrantKeyAccess()));
      }
      break;
    case TokenKind::kHotp:
    case TokenKind::kTotp:
      spec.secret = parts_.rng->Secret(DigestSize(spec.hash));
      break;
    case TokenKind::kMotp: {
      const SecretBytes raw = parts_.rng->Secret(kMotpGeneratedSize);
      std::string text = HexEncode(raw.Reveal(GrantKeyAccess()));
      spec.secret = SecretBytes(text);
      Wipe(text);
      break;
    }
  }
  made.secret = spec.secret.Clone();
  made.private_id = spec.private_id.Clone();
  return made;
}

// The record that is asked for, without id, secret and fingerprint.
StatusOr<TokenRecord> TokenRegistration::Build(const TokenSpec& spec) {
  TokenRecord token;
  token.kind = spec.kind;
  token.account = spec.account;
  token.confirmed = spec.confirmed;
  token.label = spec.label;
  token.hash = spec.hash;
  PAWL_RETURN_IF_ERROR(CheckLabel(spec.label));
  PAWL_ASSIGN_OR_RETURN(token.window, WindowFor(spec.kind, spec.window));
  if (db::IsYubiKey(spec.kind)) {
    token.digits = static_cast<int>(yubico::kCipherLetters);
    PAWL_ASSIGN_OR_RETURN(token.public_id, YubicoPublicId(spec.public_id));
    if (spec.kind == TokenKind::kYubicloud && token.public_id.empty()) {
      return InvalidField("public_id", "must have 2 to 32 modhex letters");
    }
    return token;
  }
  PAWL_ASSIGN_OR_RETURN(token.public_id, TokenIdentifier(spec.public_id));
  PAWL_ASSIGN_OR_RETURN(const int64_t digits,
                        InRange("digits", spec.digits, kDefaultDigits,
                                oath::kMinDigits, oath::kMaxDigits));
  token.digits = static_cast<int>(digits);
  if (spec.kind == TokenKind::kMotp) {
    token.period = oath::kMotpPeriod;
  }
  if (spec.kind == TokenKind::kTotp) {
    PAWL_ASSIGN_OR_RETURN(
        token.period,
        InRange("period", spec.period, kDefaultPeriod, kMinPeriod, kMaxPeriod));
    token.t0 = spec.t0;
  }
  if (spec.counter < 0) {
    return InvalidField("counter", "must not be negative");
  }
  if (spec.counter > 0) {
    token.position = static_cast<db::Position>(spec.counter - 1);
  }
  return token;
}

// Gives `token` its id: its own new one, or that of the deleted token with the
// same secret, which it then continues. Returns that deleted row, if any.
StatusOr<std::optional<TokenRecord>> TokenRegistration::Place(
    TokenRecord& token) {
  const StatusOr<TokenRecord> twin =
      parts_.store->FindFingerprint(token.fingerprint);
  if (twin.status().code() == StatusCode::kNotFound) {
    token.id = {parts_.rng->RandomId()};
    return std::optional<TokenRecord>();
  }
  PAWL_RETURN_IF_ERROR(twin);
  if (!twin->deleted) {
    return AlreadyExists("a token with this secret is registered");
  }
  if (twin->kind != token.kind || twin->period != token.period ||
      twin->t0 != token.t0) {
    // Its positions count something else: they cannot be continued.
    return FailedPrecondition(
        "a deleted token with this secret had another kind, period or start "
        "time; give the token a new secret");
  }
  token.id = twin->id;
  token.version = twin->version + 1;
  token.position = std::max(token.position, twin->position);
  token.throttle = twin->throttle;
  token.last_used = twin->last_used;
  return std::optional<TokenRecord>(*twin);
}

// A key whose OTPs another server has validated for us goes on where it was,
// now that its secret is here: they were accepted once.
Status TokenRegistration::ContinueFromCloud(TokenRecord& token,
                                            db::Commit& commit) {
  if (token.kind != TokenKind::kYubico || token.public_id.empty()) {
    return OkStatus();
  }
  const StatusOr<TokenRecord> before = parts_.store->FindFingerprint(
      CloudFingerprint(*parts_.hash, token.public_id));
  if (before.status().code() == StatusCode::kNotFound) {
    return OkStatus();
  }
  PAWL_RETURN_IF_ERROR(before);
  if (!before->deleted) {
    return AlreadyExists("a token with this public id is registered");
  }
  token.position = std::max(token.position, before->position);
  commit.token_guards.push_back({before->id, before->version});
  return OkStatus();
}

// Gives the account of a new token a new version: a login that read the old
// set of tokens must not commit.
Status TokenRegistration::Join(db::AccountId id, UnixTime now,
                               db::Commit& commit) {
  PAWL_ASSIGN_OR_RETURN(const db::AccountSnapshot found,
                        GetPersonsAccount(*parts_.store, id));
  if (found.tokens.size() >= db::Store::kMaxTokensPerAccount) {
    return FailedPrecondition("the account has as many tokens as it may");
  }
  AddChange(found.account, {}, now, commit);
  return OkStatus();
}

StatusOr<TokenRecord> TokenRegistration::Enrol(const TokenRecord& wanted,
                                               const SecretBytes& packed,
                                               const std::string& caller) {
  TokenRecord token = wanted;
  const UnixTime now = parts_.clock->Now();
  token.created = now;
  token.modified = now;
  PAWL_ASSIGN_OR_RETURN(const std::optional<TokenRecord> before, Place(token));
  if (token.kind != TokenKind::kYubicloud) {
    token.sealed_secret = parts_.sealer->Seal(SecretContext(token.id), packed);
  }
  db::Commit commit;
  PAWL_RETURN_IF_ERROR(ContinueFromCloud(token, commit));
  if (token.account.has_value()) {
    PAWL_RETURN_IF_ERROR(Join(*token.account, now, commit));
  }
  commit.audit = AdminAudit(db::Event::kTokenRegistered, now, caller);
  commit.audit.token = token.id;
  commit.audit.account = token.account;
  commit.audit.position = token.position;
  commit.tokens.push_back({.before = before, .after = token});
  PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
  return token;
}

Status TokenRegistration::Check(const TokenSpec& spec) {
  PAWL_RETURN_IF_ERROR(Build(spec));
  return spec.generate ? OkStatus() : Pack(spec).status();
}

StatusOr<RegisteredToken> TokenRegistration::Register(
    TokenSpec spec, const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(RegisteredToken registered, Generate(spec));
  PAWL_ASSIGN_OR_RETURN(const SecretBytes packed, Pack(spec));
  PAWL_ASSIGN_OR_RETURN(TokenRecord wanted, Build(spec));
  std::string essence = Essence(spec, packed);
  wanted.fingerprint = parts_.hash->Fingerprint(FamilyOf(spec.kind), essence);
  Wipe(essence);
  PAWL_ASSIGN_OR_RETURN(registered.token, RetryOnRace([&] {
                          return Enrol(wanted, packed, caller);
                        }));
  return registered;
}

}  // namespace pawl::validator
