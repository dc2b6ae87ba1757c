#include "validator/service/client_admin.h"

#include <utility>

#include "base/bytes.h"
#include "base/key_access.h"
#include "base/text.h"
#include "validator/service/fields.h"
#include "validator/service/prover.h"
#include "yubico/wsapi.h"

namespace pawl::validator {
namespace {

using db::ClientId;
using db::ClientRecord;

constexpr size_t kKeySecretSize = 20;  // 160 bits
constexpr size_t kMaxNameBytes = 64;
static_assert(db::kMaxWsapiId == yubico::kMaxWsapiClient);

}  // namespace

ClientAdmin::ClientAdmin(const AdminParts& parts, const Catalogue& catalogue)
    : parts_(parts), catalogue_(&catalogue) {}

void ClientAdmin::GiveBearerKey(NewClient& made) const {
  ClientRecord& client = made.client;
  client.id = {parts_.rng->RandomId()};
  const SecretBytes raw = parts_.rng->Secret(kKeySecretSize);
  std::string secret = AsciiLower(Base32Encode(raw.Reveal(GrantKeyAccess())));
  client.key_mac = parts_.hash->ClientKey(client.id, secret);
  made.key = MakeKey(client.id, secret);
  Wipe(secret);
}

Status ClientAdmin::GiveWsapiKey(const WsapiSpec& spec, NewClient& made) {
  constexpr int64_t kMax = yubico::kMaxWsapiClient;
  ClientRecord& client = made.client;
  if (spec.number < 0 || spec.number > kMax) {
    return InvalidField("wsapi.number", "must be 1 to " + std::to_string(kMax));
  }
  if (client.roles != static_cast<db::Roles>(db::Role::kLogin)) {
    return InvalidField("roles",
                        "of a client of the Yubico protocol are login alone");
  }
  if (!spec.key.empty() && (spec.key.size() < yubico::kMinWsapiKey ||
                            spec.key.size() > yubico::kMaxWsapiKey)) {
    return InvalidField("wsapi.key", "must have 16 to 64 bytes");
  }
  client.id = {static_cast<uint64_t>(spec.number)};
  client.version = parts_.rng->RandomId();  // of this client alone
  if (spec.number == 0) {
    PAWL_ASSIGN_OR_RETURN(client.id, FreeNumber());
  }
  made.wsapi_key = spec.key.empty() ? parts_.rng->Secret(kKeySecretSize)
                                    : SecretBytes(spec.key);
  client.sealed_key =
      parts_.sealer->Seal(ClientKeyContext(client.id), made.wsapi_key);
  return OkStatus();
}

// Short, because people type it; random, because it is no count of clients.
StatusOr<ClientId> ClientAdmin::FreeNumber() {
  constexpr uint64_t kMostNumbers = 999'999;
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    const ClientId id{1 + parts_.rng->RandomId() % kMostNumbers};
    const Status found = parts_.store->GetClient(id).status();
    if (found.code() == StatusCode::kNotFound) {
      return id;
    }
    PAWL_RETURN_IF_ERROR(found);
  }
  return FailedPrecondition("give the client a number: most are taken");
}

StatusOr<NewClient> ClientAdmin::Create(const ClientSpec& spec,
                                        const std::string& caller) {
  PAWL_RETURN_IF_ERROR(CheckAscii("name", spec.name, 1, kMaxNameBytes));
  if (spec.roles == 0) {
    return InvalidField("roles", "must name at least one role");
  }
  PAWL_RETURN_IF_ERROR(CheckServices("services", spec.services, *catalogue_));
  NewClient made;
  ClientRecord& client = made.client;
  client.name = spec.name;
  client.roles = spec.roles;
  client.see_reasons = spec.see_reasons;
  client.services = JoinNames(spec.services);
  client.created = parts_.clock->Now();
  client.modified = client.created;
  if (spec.wsapi.has_value()) {
    if (!spec.services.empty()) {
      return InvalidField("services",
                          "the Yubico protocol asks for no service");
    }
    PAWL_RETURN_IF_ERROR(GiveWsapiKey(*spec.wsapi, made));
  } else {
    GiveBearerKey(made);
  }
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
