// TokenAdmin: looking after registered tokens. Registration itself is in
// service/token_registration.h.
//
// Every change is one commit with its audit entry. Errors as AccountAdmin's.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "db/store.h"
#include "validator/service/admin.h"

namespace pawl::validator {

// The fields an administrator may change; absent: unchanged.
struct TokenUpdate {
  std::optional<std::string> label = std::nullopt;
  std::optional<int64_t> window = std::nullopt;
};

class TokenAdmin {
 public:
  explicit TokenAdmin(const AdminParts& parts);

  [[nodiscard]] StatusOr<db::TokenRecord> Get(db::TokenId id);
  // By id; `after` is the text of the last id of the page before.
  [[nodiscard]] StatusOr<std::vector<db::TokenRecord>> List(
      const std::string& after, size_t limit);
  [[nodiscard]] StatusOr<db::TokenRecord> Update(db::TokenId id,
                                                 const TokenUpdate& update,
                                                 const std::string& caller);
  [[nodiscard]] StatusOr<db::TokenRecord> SetEnabled(db::TokenId id,
                                                     bool enabled,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::TokenRecord> Unlock(db::TokenId id,
                                                 const std::string& caller);
  // Drops the secret; the row stays, so that used codes stay used.
  [[nodiscard]] Status Delete(db::TokenId id, const std::string& caller);

 private:
  [[nodiscard]] StatusOr<db::TokenRecord> Change(db::TokenId id,
                                                 const db::TokenChange& change,
                                                 db::Event event,
                                                 const std::string& caller);
  [[nodiscard]] Status RememberPublicId(const db::TokenRecord& token,
                                        UnixTime now, db::Commit& commit);

  AdminParts parts_;
};

}  // namespace pawl::validator
