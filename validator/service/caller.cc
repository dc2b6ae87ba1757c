#include "validator/service/caller.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/ct_equal.h"
#include "base/key_access.h"
#include "base/text.h"

namespace pawl::validator {
namespace {

constexpr std::string_view kKeyPrefix = "pawl_";

Status NotAKey() {
  return MakeStatus(StatusCode::kUnauthenticated,
                    "the bearer key belongs to no client");
}

Caller CallerOf(const db::ClientRecord& client) {
  return {.id = db::ToString(client.id),
          .roles = client.roles,
          .see_reasons = client.see_reasons,
          .services = client.services};
}

}  // namespace

Caller LocalCaller() {
  using enum db::Role;
  return {.id = "local",
          .roles = static_cast<db::Roles>(kLogin) |
                   static_cast<db::Roles>(kAdmin) |
                   static_cast<db::Roles>(kAudit) |
                   static_cast<db::Roles>(kSelfService),
          .see_reasons = true};
}

StatusOr<Claim> ParseKey(std::string_view key) {
  const size_t separator = key.rfind('_');
  if (!key.starts_with(kKeyPrefix) || separator < kKeyPrefix.size()) {
    return NotAKey();
  }
  const std::optional<db::ClientId> client = db::ParseId<db::ClientTag>(
      key.substr(kKeyPrefix.size(), separator - kKeyPrefix.size()));
  if (!client.has_value()) {
    return NotAKey();
  }
  return Claim{.client = client,
               .secret = std::string(key.substr(separator + 1))};
}

std::optional<std::string_view> BearerIn(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  return AsciiLower(header.substr(0, kScheme.size())) == kScheme
             ? std::optional(header.substr(kScheme.size()))
             : std::nullopt;
}

std::string MakeKey(db::ClientId client, std::string_view secret) {
  std::string key(kKeyPrefix);
  key += db::ToString(client);
  key += '_';
  key += secret;
  return key;
}

StatusOr<Caller> ProveClaim(const Claim& claim,
                            const StatusOr<db::ClientRecord>& client,
                            const KeyedHash& hash) {
  if (!claim.client.has_value()) {
    return LocalCaller();
  }
  if (client.status().code() == StatusCode::kNotFound) {
    return NotAKey();
  }
  if (!client.ok()) {
    return Unavailable("the store does not answer");
  }
  const std::string mac = hash.ClientKey(*claim.client, claim.secret);
  if (!ConstantTimeEqual(mac, client->key_mac)) {
    return NotAKey();
  }
  return CallerOf(*client);
}

StatusOr<Caller> ProveRequest(const SignedRequest& request,
                              const StatusOr<db::ClientRecord>& client,
                              const Prover& prover) {
  *request.key = SecretBytes();  // what an older row said is not known any more
  if (client.status().code() == StatusCode::kNotFound ||
      (client.ok() && client->sealed_key.empty())) {
    return MakeStatus(StatusCode::kUnauthenticated, "no such client");
  }
  if (!client.ok()) {
    return Unavailable("the store does not answer");
  }
  PAWL_ASSIGN_OR_RETURN(*request.key, prover.OpenClientKey(*client));
  if (!request.mac.empty()) {
    const auto right =
        HmacSha1(request.key->Reveal(GrantKeyAccess()), AsBytes(request.text));
    if (!ConstantTimeEqual(AsText(right), request.mac)) {
      return MakeStatus(StatusCode::kUnauthenticated,
                        "the signature is not right");
    }
  }
  return CallerOf(*client);
}

Status CheckRoles(const Caller& caller, db::Roles allowed) {
  return (caller.roles & allowed) != 0
             ? OkStatus()
             : MakeStatus(StatusCode::kPermissionDenied,
                          "your key does not have the role this call needs");
}

}  // namespace pawl::validator
