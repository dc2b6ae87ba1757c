// Caller: who asks, and Claim: who somebody says to be.
//
// A hot call proves its claim with the rows it reads anyway, and its commit
// guards the client's row: a key that was revoked anywhere is refused by the
// very next call.
//
// Plain values and functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"
#include "db/record.h"
#include "validator/service/keyed_hash.h"
#include "validator/service/prover.h"

namespace pawl::validator {

struct Caller {
  std::string id{};  // client id text, or "local"
  db::Roles roles = 0;
  bool see_reasons = false;
  std::string services{};  // it may check logins for; empty: all
};

// A request of the Yubico validation protocol, signed or not. The views must
// live until the answer.
struct SignedRequest {
  std::string_view text{};  // what the signature must be over
  std::string_view mac{};   // HMAC-SHA-1; empty: it is not signed
  // Where the client's key goes as soon as it is known: it signs the answer,
  // also that the signature is wrong.
  SecretBytes* key = nullptr;
};

// What a caller shows; not proved.
struct Claim {
  std::optional<db::ClientId> client = std::nullopt;  // none: local
  std::string secret{};                               // of the bearer key
  // Set for who has no bearer key.
  std::optional<SignedRequest> request = std::nullopt;
};

// The local administrator, with all rights.
[[nodiscard]] Caller LocalCaller();

// "pawl_CLIENT_SECRET" taken apart. UNAUTHENTICATED when it is no key.
[[nodiscard]] StatusOr<Claim> ParseKey(std::string_view key);

// The key in "Bearer KEY" (RFC 6750, 2.1); nullopt for another scheme.
[[nodiscard]] std::optional<std::string_view> BearerIn(std::string_view header);

// The bearer key of a client.
[[nodiscard]] std::string MakeKey(db::ClientId client, std::string_view secret);

// `client` is the row that claim.client names, as it was read (of no meaning
// for the local administrator). UNAUTHENTICATED when the claim is wrong;
// UNAVAILABLE when the row could not be read.
[[nodiscard]] StatusOr<Caller> ProveClaim(
    const Claim& claim, const StatusOr<db::ClientRecord>& client,
    const KeyedHash& hash);

// The same for a client of the Yubico protocol. UNAUTHENTICATED also for who is
// none; DATA_LOSS when its key does not open.
[[nodiscard]] StatusOr<Caller> ProveRequest(
    const SignedRequest& request, const StatusOr<db::ClientRecord>& client,
    const Prover& prover);

// OK, or PERMISSION_DENIED when `caller` has none of `allowed`.
[[nodiscard]] Status CheckRoles(const Caller& caller, db::Roles allowed);

}  // namespace pawl::validator
