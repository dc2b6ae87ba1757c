// Prover: opens the secrets a check needs and proves its readings.
//
// The only place of a check that handles raw keys. A sealed secret that does
// not open is a corrupt row: the whole check fails (I4), because "wrong code"
// would be a guess.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "db/record.h"
#include "db/seal.h"
#include "validator/core/credential.h"
#include "validator/core/prove.h"
#include "validator/service/keyed_hash.h"

namespace pawl::validator {

// Where a token's secret is sealed (I9).
[[nodiscard]] db::SealContext SecretContext(db::TokenId token);
// Where a client's key is sealed.
[[nodiscard]] db::SealContext ClientKeyContext(db::ClientId client);

class Prover {
 public:
  // Both must outlive the prover.
  Prover(const db::Sealer& sealer, const KeyedHash& hash, Rng& rng);

  // Proves all readings of an account's credential, PINs included; those of
  // tokens without a secret by what `cloud` says. DATA_LOSS when a secret does
  // not open.
  [[nodiscard]] StatusOr<std::vector<Proof>> ProveLogin(
      const db::AccountRecord& account, std::span<const db::TokenRecord> tokens,
      std::span<const Reading> readings, std::span<const CloudAnswer> cloud,
      UnixTime now) const;

  // Takes the same time for an account without PIN.
  [[nodiscard]] bool IsPinRight(const db::AccountRecord& account,
                                std::string_view pin) const;

  // The same without PIN, for one token.
  [[nodiscard]] StatusOr<std::vector<Proof>> ProveOtp(
      const db::TokenRecord& token, std::span<const Reading> readings,
      std::span<const CloudAnswer> cloud, UnixTime now) const;

  // The key of a client of the Yubico protocol. DATA_LOSS when it does not
  // open.
  [[nodiscard]] StatusOr<SecretBytes> OpenClientKey(
      const db::ClientRecord& client) const;

  [[nodiscard]] StatusOr<ResyncProof> ProveResyncCodes(
      const db::TokenRecord& token, std::string_view first,
      std::string_view second, UnixTime now) const;

  // Tokens nobody owns, of the shapes a credential could have: proving them
  // costs an unknown name the work of a known one.
  [[nodiscard]] std::vector<db::TokenRecord> Decoys(
      std::string_view credential) const;

 private:
  [[nodiscard]] StatusOr<SecretBytes> OpenSecret(
      const db::TokenRecord& token) const;
  [[nodiscard]] StatusOr<Proof> ProveReading(const db::TokenRecord& token,
                                             const Reading& reading,
                                             std::span<const CloudAnswer> cloud,
                                             UnixTime now) const;

  const db::Sealer* sealer_;
  const KeyedHash* hash_;
  db::TokenRecord yubico_decoy_;
  db::TokenRecord hotp_decoy_;
  db::TokenRecord motp_decoy_;
};

}  // namespace pawl::validator
