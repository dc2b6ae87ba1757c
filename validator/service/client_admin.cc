#include "validator/service/client_admin.h"

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/ct_equal.h"
#include "base/key_access.h"
#include "base/text.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

using db::ClientId;
using db::ClientRecord;

constexpr std::string_view kKeyPrefix = "pawl_";
constexpr size_t kKeySecretSize = 20;  // 160 bits
constexpr size_t kMaxNameBytes = 64;

struct KeyParts {
  ClientId client;
  std::string_view secret;
};

std::optional<KeyParts> SplitKey(std::string_view key) {
  const size_t separator = key.rfind('_');
  if (key.substr(0, kKeyPrefix.size()) != kKeyPrefix ||
      separator == std::string_view::npos || separator < kKeyPrefix.size()) {
    return std::nullopt;
  }
  const std::optional<ClientId> client = db::ParseId<db::ClientTag>(
      key.substr(kKeyPrefix.size(), separator - kKeyPrefix.size()));
  if (!client.has_value()) {
    return std::nullopt;
  }
  return KeyParts{.client = *client, .secret = key.substr(separator + 1)};
}

Status NotAKey() {
  return MakeStatus(StatusCode::kUnauthenticated,
                    "the bearer key belongs to no client");
}

}  // namespace

ClientAdmin::ClientAdmin(const AdminParts& parts) : parts_(parts) {}

StatusOr<NewClient> ClientAdmin::Create(std::string_view name, db::Roles roles,
                                        bool see_reasons,
                                        const std::string& caller) {
  PAWL_RETURN_IF_ERROR(CheckAscii("name", name, 1, kMaxNameBytes));
  if (roles == 0) {
    return InvalidField("roles", "must name at least one role");
  }
  NewClient made;
  ClientRecord& client = made.client;
  client.id = {parts_.rng->RandomId()};
  client.name = name;
  client.roles = roles;
  client.see_reasons = see_reasons;
  client.created = parts_.clock->Now();
  client.modified = client.created;
  const SecretBytes raw = parts_.rng->Secret(kKeySecretSize);
  std::string secret = AsciiLower(Base32Encode(raw.Reveal(GrantKeyAccess())));
  client.key_mac = parts_.hash->ClientKey(client.id, secret);
  made.key = std::string(kKeyPrefix) + db::ToString(client.id) + "_" + secret;
  Wipe(secret);
  db::Commit commit;
  commit.audit = AdminAudit(db::Event::kClientCreated, client.created, caller);
  commit.audit.client = client.id;
  commit.clients.push_back({.after = client});
  PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
  return made;
}

StatusOr<std::vector<ClientRecord>> ClientAdmin::List(const std::string& after,
                                                      size_t limit) {
  return parts_.store->ListClients({.after = after, .limit = limit});
}

Status ClientAdmin::Delete(ClientId id, const std::string& caller) {
  return RetryOnRace([&]() -> Status {
    PAWL_ASSIGN_OR_RETURN(const ClientRecord client,
                          parts_.store->GetClient(id));
    db::Commit commit;
    commit.audit =
        AdminAudit(db::Event::kClientDeleted, parts_.clock->Now(), caller);
    commit.audit.client = id;
    commit.clients.push_back({.before = client});
    return parts_.store->Commit(commit);
  });
}

StatusOr<ClientRecord> ClientAdmin::Authenticate(std::string_view key) {
  const std::optional<KeyParts> parts = SplitKey(key);
  if (!parts.has_value()) {
    return NotAKey();
  }
  const std::string mac = parts_.hash->ClientKey(parts->client, parts->secret);
  const StatusOr<ClientRecord> client = parts_.store->GetClient(parts->client);
  if (client.ok()) {
    return ConstantTimeEqual(mac, client->key_mac) ? client : NotAKey();
  }
  return client.status().code() == StatusCode::kNotFound
             ? NotAKey()
             : Unavailable("the store does not answer");
}

}  // namespace pawl::validator
