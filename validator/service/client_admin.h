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
#include "validator/service/admin.h"
#include "validator/service/caller.h"

namespace pawl::validator {

struct NewClient {
  db::ClientRecord client;
  std::string key;  // shown once
};

class ClientAdmin {
 public:
  explicit ClientAdmin(const AdminParts& parts);

  [[nodiscard]] StatusOr<NewClient> Create(std::string_view name,
                                           db::Roles roles, bool see_reasons,
                                           const std::string& caller);
  // By id; `after` is the text of the last id of the page before.
  [[nodiscard]] StatusOr<std::vector<db::ClientRecord>> List(
      const std::string& after, size_t limit);
  [[nodiscard]] Status Delete(db::ClientId id, const std::string& caller);

  // Reads the client that `claim` names and proves it; errors as ProveClaim().
  [[nodiscard]] StatusOr<Caller> Authenticate(const Claim& claim);

 private:
  AdminParts parts_;
};

}  // namespace pawl::validator
