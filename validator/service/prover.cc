#include "validator/service/prover.h"

#include <optional>
#include <utility>

#include "base/ct_equal.h"
#include "base/key_access.h"
#include "base/log.h"
#include "oath/motp.h"
#include "validator/core/pin.h"
#include "validator/core/token_secret.h"

namespace pawl::validator {
namespace {

// Ids that no stored token has: random ids are never this small in practice,
// and a decoy is never written.
constexpr db::TokenId kYubicoDecoyId{1};
constexpr db::TokenId kHotpDecoyId{2};
constexpr db::TokenId kMotpDecoyId{3};
constexpr size_t kDecoySeedSize = 20;
// What most YubiKeys type: a public id of six bytes.
constexpr size_t kUsualPublicIdLetters = 12;

Status Corrupt(const db::TokenRecord& token) {
  Log(Severity::kError, "token_secret_corrupt")
      .With("token", db::ToString(token.id));
  return DataLoss("secret of " + db::ToString(token.id) + " is corrupt");
}

}  // namespace

db::SealContext SecretContext(db::TokenId token) {
  return {.table = "token", .row = token.value, .kind = "secret"};
}

db::SealContext ClientKeyContext(db::ClientId client) {
  return {.table = "client", .row = client.value, .kind = "key"};
}

Prover::Prover(const db::Sealer& sealer, const KeyedHash& hash, Rng& rng)
    : sealer_(&sealer), hash_(&hash) {
  yubico_decoy_.id = kYubicoDecoyId;
  yubico_decoy_.kind = db::TokenKind::kYubico;
  yubico_decoy_.sealed_secret =
      sealer.Seal(SecretContext(kYubicoDecoyId),
                  rng.Secret(yubico::kPrivateIdSize + yubico::kAesKeySize));
  motp_decoy_.id = kMotpDecoyId;
  motp_decoy_.kind = db::TokenKind::kMotp;
  motp_decoy_.digits = static_cast<int>(oath::kMotpDigits);
  motp_decoy_.period = oath::kMotpPeriod;
  motp_decoy_.window = 18;
  motp_decoy_.sealed_secret =
      sealer.Seal(SecretContext(kMotpDecoyId),
                  PackMotp({.secret = "0000000000000000", .pin = "0000"}));
  hotp_decoy_.id = kHotpDecoyId;
  hotp_decoy_.kind = db::TokenKind::kHotp;
  hotp_decoy_.digits = 6;
  hotp_decoy_.window = 10;
  hotp_decoy_.sealed_secret =
      sealer.Seal(SecretContext(kHotpDecoyId), rng.Secret(kDecoySeedSize));
}

std::vector<db::TokenRecord> Prover::Decoys(std::string_view credential) const {
  std::vector<db::TokenRecord> decoys{hotp_decoy_, motp_decoy_};
  const std::string_view text = yubico::StripLineEnd(credential);
  const size_t length = kUsualPublicIdLetters + yubico::kCipherLetters;
  if (text.size() >= length) {
    const std::optional<yubico::OtpText> otp =
        yubico::ParseModhex(text.substr(text.size() - length));
    if (otp.has_value()) {
      decoys.push_back(yubico_decoy_);
      decoys.back().public_id = otp->public_id;
    }
  }
  return decoys;
}

bool Prover::IsPinRight(const db::AccountRecord& account,
                        std::string_view pin) const {
  std::string normal = NormalizeTypedPin(pin);
  const std::string mac = hash_->Pin(account.id, normal);
  Wipe(normal);
  return account.pin_mac.empty() ? pin.empty()
                                 : ConstantTimeEqual(mac, account.pin_mac);
}

StatusOr<SecretBytes> Prover::OpenSecret(const db::TokenRecord& token) const {
  return sealer_->Open(SecretContext(token.id), token.sealed_secret);
}

StatusOr<SecretBytes> Prover::OpenClientKey(
    const db::ClientRecord& client) const {
  StatusOr<SecretBytes> key =
      sealer_->Open(ClientKeyContext(client.id), client.sealed_key);
  if (!key.ok()) {
    Log(Severity::kError, "client_key_corrupt")
        .With("client", db::ToString(client.id));
  }
  return key;
}

StatusOr<Proof> Prover::ProveReading(const db::TokenRecord& token,
                                     const Reading& reading,
                                     std::span<const CloudAnswer> cloud,
                                     UnixTime now) const {
  if (token.kind == db::TokenKind::kYubicloud) {
    return ProveByCloud(token, reading, cloud, now);
  }
  PAWL_ASSIGN_OR_RETURN(const SecretBytes secret, OpenSecret(token));
  const std::optional<Proof> proof =
      Prove(token, secret.Reveal(GrantKeyAccess()), reading, now);
  if (!proof.has_value()) {
    return Corrupt(token);
  }
  return *proof;
}

StatusOr<std::vector<Proof>> Prover::ProveLogin(
    const db::AccountRecord& account, std::span<const db::TokenRecord> tokens,
    std::span<const Reading> readings, std::span<const CloudAnswer> cloud,
    UnixTime now) const {
  std::vector<Proof> proofs;
  proofs.reserve(readings.size());
  for (const Reading& reading : readings) {
    PAWL_ASSIGN_OR_RETURN(
        Proof proof, ProveReading(tokens[reading.token], reading, cloud, now));
    proof.pin_right = IsPinRight(account, reading.pin);
    proofs.push_back(proof);
  }
  return proofs;
}

StatusOr<std::vector<Proof>> Prover::ProveOtp(
    const db::TokenRecord& token, std::span<const Reading> readings,
    std::span<const CloudAnswer> cloud, UnixTime now) const {
  std::vector<Proof> proofs;
  proofs.reserve(readings.size());
  for (const Reading& reading : readings) {
    PAWL_ASSIGN_OR_RETURN(const Proof proof,
                          ProveReading(token, reading, cloud, now));
    proofs.push_back(proof);
  }
  return proofs;
}

StatusOr<ResyncProof> Prover::ProveResyncCodes(const db::TokenRecord& token,
                                               std::string_view first,
                                               std::string_view second,
                                               UnixTime now) const {
  PAWL_ASSIGN_OR_RETURN(const SecretBytes secret, OpenSecret(token));
  const std::optional<ResyncProof> proof =
      ProveResync(token, secret.Reveal(GrantKeyAccess()), first, second, now);
  if (!proof.has_value()) {
    return Corrupt(token);
  }
  return *proof;
}

}  // namespace pawl::validator
