// TokenRegistration: enrolling a token.
//
// The same secret is never registered twice. A live twin is ALREADY_EXISTS; a
// deleted one is revived: its row continues with its position and failures, so
// that deleting and registering again never brings back a used code.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"
#include "db/store.h"
#include "validator/service/admin.h"

namespace pawl::validator {

// What is asked for, with proto's meaning of 0 and empty (token.proto).
struct TokenSpec {
  db::TokenKind kind = db::TokenKind::kYubico;
  std::string public_id{};   // Yubico public id or OATH token identifier
  SecretBytes secret{};      // AES key, seed, or mOTP hex text
  SecretBytes private_id{};  // Yubico
  SecretBytes motp_pin{};    // mOTP
  Hash hash = Hash::kSha1;
  int64_t digits = 0;
  int64_t period = 0;   // seconds
  int64_t t0 = 0;       // seconds since 1970
  int64_t counter = 0;  // HOTP: the next one
  int64_t window = 0;
  std::string label{};
  std::optional<db::AccountId> account = std::nullopt;
  bool generate = false;
  // False: of no use until its first code confirms it.
  bool confirmed = true;
};

struct RegisteredToken {
  db::TokenRecord token;
  // What was made here; empty when the secret was given.
  SecretBytes secret{};
  SecretBytes private_id{};
};

// INVALID_ARGUMENT naming "label" when it cannot be one.
[[nodiscard]] Status CheckLabel(std::string_view label);

// The window to store for what was asked (0: the default), or INVALID_ARGUMENT
// naming "window".
[[nodiscard]] StatusOr<uint32_t> WindowFor(db::TokenKind kind, int64_t asked);

// The fingerprint of the row that remembers how far a public id has come with
// the YubiCloud, alive or deleted.
[[nodiscard]] std::string CloudFingerprint(const KeyedHash& hash,
                                           std::string_view public_id);

class TokenRegistration {
 public:
  explicit TokenRegistration(const AdminParts& parts);

  // What can be said of `spec` without the store and what is made here:
  // INVALID_ARGUMENT naming the field.
  [[nodiscard]] static Status Check(const TokenSpec& spec);

  [[nodiscard]] StatusOr<RegisteredToken> Register(TokenSpec spec,
                                                   const std::string& caller);

 private:
  [[nodiscard]] StatusOr<RegisteredToken> Generate(TokenSpec& spec);
  [[nodiscard]] static StatusOr<db::TokenRecord> Build(const TokenSpec& spec);
  [[nodiscard]] StatusOr<std::optional<db::TokenRecord>> Place(
      db::TokenRecord& token);
  [[nodiscard]] Status ContinueFromCloud(db::TokenRecord& token,
                                         db::Commit& commit);
  [[nodiscard]] Status Join(db::AccountId id, UnixTime now, db::Commit& commit);
  [[nodiscard]] StatusOr<db::TokenRecord> Enrol(const db::TokenRecord& wanted,
                                                const SecretBytes& packed,
                                                const std::string& caller);

  AdminParts parts_;
};

}  // namespace pawl::validator
