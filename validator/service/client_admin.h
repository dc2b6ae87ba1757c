// ClientAdmin: the API clients and their keys.
//
// A bearer key is "pawl_" + client id + "_" + secret: the id finds the row, a
// keyed hash of the secret decides.
//
// A client of the Yubico validation protocol has instead a number, which is its
// id, and a key that signs requests and answers and is therefore kept sealed.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "db/store.h"
#include "validator/core/catalogue.h"
#include "validator/service/admin.h"
#include "validator/service/caller.h"

namespace pawl::validator {

struct NewClient {
  db::ClientRecord client;
  std::string key;  // the bearer key; shown once
  // The key of a client of the Yubico protocol; shown once.
  SecretBytes wsapi_key{};
};

// What a client of the Yubico protocol is known by.
struct WsapiSpec {
  int64_t number = 0;      // 0: a free one
  std::string_view key{};  // Secret; empty: made here
};

struct ClientSpec {
  std::string_view name{};
  db::Roles roles = 0;
  bool see_reasons = false;
  std::vector<std::string> services{};            // empty: all
  std::optional<WsapiSpec> wsapi = std::nullopt;  // none: a bearer key
};

class ClientAdmin {
 public:
  // `catalogue` must outlive it.
  ClientAdmin(const AdminParts& parts, const Catalogue& catalogue);

  // ALREADY_EXISTS when the name or the number is taken.
  [[nodiscard]] StatusOr<NewClient> Create(const ClientSpec& spec,
                                           const std::string& caller);
  // By id; `after` is the text of the last id of the page before.
  [[nodiscard]] StatusOr<std::vector<db::ClientRecord>> List(
      const std::string& after, size_t limit);
  [[nodiscard]] Status Delete(db::ClientId id, const std::string& caller);

  // Reads the client that `claim` names and proves it; errors as ProveClaim().
  [[nodiscard]] StatusOr<Caller> Authenticate(const Claim& claim);

 private:
  void GiveBearerKey(NewClient& made) const;
  [[nodiscard]] Status GiveWsapiKey(const WsapiSpec& spec, NewClient& made);
  [[nodiscard]] StatusOr<db::ClientId> FreeNumber();

  AdminParts parts_;
  const Catalogue* catalogue_;
};

}  // namespace pawl::validator
