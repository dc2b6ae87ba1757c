// ClientAdmin: the API clients and their bearer keys.
//
// A key is "pawl_" + client id + "_" + secret: the id finds the row, a keyed
// hash of the secret decides. Unknown ids cost the same.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "db/store.h"
#include "validator/core/catalogue.h"
#include "validator/service/admin.h"
#include "validator/service/caller.h"

namespace pawl::validator {

struct NewClient {
  db::ClientRecord client;
  std::string key;  // shown once
};

struct ClientSpec {
  std::string_view name{};
  db::Roles roles = 0;
  bool see_reasons = false;
  std::vector<std::string> services{};  // empty: all
};

class ClientAdmin {
 public:
  // `catalogue` must outlive it.
  ClientAdmin(const AdminParts& parts, const Catalogue& catalogue);

  [[nodiscard]] StatusOr<NewClient> Create(const ClientSpec& spec,
                                           const std::string& caller);
  // By id; `after` is the text of the last id of the page before.
  [[nodiscard]] StatusOr<std::vector<db::ClientRecord>> List(
      const std::string& after, size_t limit);
  [[nodiscard]] Status Delete(db::ClientId id, const std::string& caller);

  // Reads the client that `claim` names and proves it; errors as ProveClaim().
  [[nodiscard]] StatusOr<Caller> Authenticate(const Claim& claim);

 private:
  AdminParts parts_;
  const Catalogue* catalogue_;
};

}  // namespace pawl::validator
