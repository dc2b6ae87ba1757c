// AccountAdmin: creating and changing accounts.
//
// Every change is one commit with its audit entry. Errors: INVALID_ARGUMENT
// naming the field, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED
// (lost several races), UNAVAILABLE.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "db/store.h"
#include "validator/service/admin.h"

namespace pawl::validator {

class AccountAdmin {
 public:
  // `pin_min_length` is the least number of characters of a new PIN.
  AccountAdmin(const AdminParts& parts, size_t pin_min_length);

  // An empty `pin`: the account has none.
  [[nodiscard]] StatusOr<db::AccountSnapshot> Create(std::string_view login,
                                                     std::string_view pin,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Get(db::AccountId id);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Find(std::string_view login);
  // By login; `after` is the last login of the page before.
  [[nodiscard]] StatusOr<std::vector<db::AccountRecord>> List(
      const std::string& after, size_t limit);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Rename(db::AccountId id,
                                                     std::string_view login,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> SetPin(db::AccountId id,
                                                     std::string_view pin,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> SetEnabled(
      db::AccountId id, bool enabled, const std::string& caller);
  // Clears the failures of the account and of all its tokens.
  [[nodiscard]] StatusOr<db::AccountSnapshot> Unlock(db::AccountId id,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Assign(db::AccountId id,
                                                     db::TokenId token,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Unassign(
      db::AccountId id, db::TokenId token, const std::string& caller);
  // The tokens stay, without an account.
  [[nodiscard]] Status Delete(db::AccountId id, const std::string& caller);

 private:
  [[nodiscard]] StatusOr<db::AccountSnapshot> Change(
      db::AccountId id, const db::AccountChange& change, db::Event event,
      const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Move(
      const db::AccountSnapshot& account, const db::TokenRecord& token,
      bool assign, const std::string& caller);
  [[nodiscard]] StatusOr<std::string> PinMac(db::AccountId id,
                                             std::string_view pin) const;

  AdminParts parts_;
  size_t pin_min_length_;
};

}  // namespace pawl::validator
