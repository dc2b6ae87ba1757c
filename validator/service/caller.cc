#include "validator/service/caller.h"

#include "base/ct_equal.h"

namespace pawl::validator {
namespace {

constexpr std::string_view kKeyPrefix = "pawl_";

Status NotAKey() {
  return MakeStatus(StatusCode::kUnauthenticated,
                    "the bearer key belongs to no client");
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
  return Caller{.id = db::ToString(client->id),
                .roles = client->roles,
                .see_reasons = client->see_reasons,
                .services = client->services};
}

Status CheckRoles(const Caller& caller, db::Roles allowed) {
  return (caller.roles & allowed) != 0
             ? OkStatus()
             : MakeStatus(StatusCode::kPermissionDenied,
                          "your key does not have the role this call needs");
}

}  // namespace pawl::validator
