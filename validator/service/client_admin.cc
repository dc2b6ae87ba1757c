#include "validator/service/client_admin.h"

#include <utility>

#include "base/bytes.h"
#include "base/key_access.h"
#include "base/text.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

using db::ClientId;
using db::ClientRecord;

constexpr size_t kKeySecretSize = 20;  // 160 bits
constexpr size_t kMaxNameBytes = 64;

}  // namespace

ClientAdmin::ClientAdmin(const AdminParts& parts, const Catalogue& catalogue)
    : parts_(parts), catalogue_(&catalogue) {}

StatusOr<NewClient> ClientAdmin::Create(const ClientSpec& spec,
                                        const std::string& caller) {
  PAWL_RETURN_IF_ERROR(CheckAscii("name", spec.name, 1, kMaxNameBytes));
  if (spec.roles == 0) {
    return InvalidField("roles", "must name at least one role");
  }
  PAWL_RETURN_IF_ERROR(CheckServices("services", spec.services, *catalogue_));
  NewClient made;
  ClientRecord& client = made.client;
  client.id = {parts_.rng->RandomId()};
  client.name = spec.name;
  client.roles = spec.roles;
  client.see_reasons = spec.see_reasons;
  client.services = JoinNames(spec.services);
  client.created = parts_.clock->Now();
  client.modified = client.created;
  const SecretBytes raw = parts_.rng->Secret(kKeySecretSize);
  std::string secret = AsciiLower(Base32Encode(raw.Reveal(GrantKeyAccess())));
  client.key_mac = parts_.hash->ClientKey(client.id, secret);
  made.key = MakeKey(client.id, secret);
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

StatusOr<Caller> ClientAdmin::Authenticate(const Claim& claim) {
  return claim.client.has_value()
             ? ProveClaim(claim, parts_.store->GetClient(*claim.client),
                          *parts_.hash)
             : LocalCaller();
}

}  // namespace pawl::validator
