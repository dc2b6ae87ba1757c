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

#include "base/status.h"
#include "db/record.h"
#include "validator/service/keyed_hash.h"

namespace pawl::validator {

struct Caller {
  std::string id{};  // client id text, or "local"
  db::Roles roles = 0;
  bool see_reasons = false;
  std::string services{};  // it may check logins for; empty: all
};

// What a caller shows; not proved.
struct Claim {
  std::optional<db::ClientId> client = std::nullopt;  // none: local
  std::string secret{};                               // of the bearer key
};

// The local administrator, with all rights.
[[nodiscard]] Caller LocalCaller();

// "pawl_CLIENT_SECRET" taken apart. UNAUTHENTICATED when it is no key.
[[nodiscard]] StatusOr<Claim> ParseKey(std::string_view key);

// The bearer key of a client.
[[nodiscard]] std::string MakeKey(db::ClientId client, std::string_view secret);

// `client` is the row that claim.client names, as it was read (of no meaning
// for the local administrator). UNAUTHENTICATED when the claim is wrong;
// UNAVAILABLE when the row could not be read.
[[nodiscard]] StatusOr<Caller> ProveClaim(
    const Claim& claim, const StatusOr<db::ClientRecord>& client,
    const KeyedHash& hash);

// OK, or PERMISSION_DENIED when `caller` has none of `allowed`.
[[nodiscard]] Status CheckRoles(const Caller& caller, db::Roles allowed);

}  // namespace pawl::validator
