// AccountAdmin: creating and changing accounts.
//
//   account_admin.cc       making and changing accounts, their tokens
//   account_belongings.cc  blocks, unlocking, deleting
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
#include "validator/core/budget.h"
#include "validator/service/admin.h"
#include "validator/service/password_hasher.h"

namespace pawl::validator {

// A new account; absent: the server's default. Empty PIN: none. Empty password:
// the caller keeps it.
struct NewAccount {
  std::string_view login{};
  std::string_view pin{};
  std::string_view password{};
  std::optional<db::AccountPolicy> policy = std::nullopt;
  std::optional<bool> device_passwords = std::nullopt;
};

// Failures that cost somebody time.
struct Block {
  db::Cause cause = db::Cause::kUnknown;
  std::string source{};
  std::string service{};
  uint32_t failures = 0;
  Millis retry_after{0};  // 0: checks are looked at
};

class AccountAdmin {
 public:
  struct Options {
    size_t pin_min_length = 4;  // characters of a new PIN
    db::AccountPolicy default_policy =
        db::AccountPolicy::kOtpWebDevicePasswords;
    bool default_device_passwords = true;
    BudgetPolicies budgets{};
  };
  // `hasher` must outlive it.
  AccountAdmin(const AdminParts& parts, PasswordHasher& hasher,
               const Options& options);

  // RESOURCE_EXHAUSTED when too many passwords are being hashed.
  [[nodiscard]] StatusOr<db::AccountSnapshot> Create(const NewAccount& wanted,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Get(db::AccountId id);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Find(std::string_view login);
  // Where the account's failures count, those of one cause together.
  [[nodiscard]] StatusOr<std::vector<Block>> Blocks(db::AccountId id);
  // By login; `after` is the last login of the page before.
  [[nodiscard]] StatusOr<std::vector<db::AccountRecord>> List(
      const std::string& after, size_t limit);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Rename(db::AccountId id,
                                                     std::string_view login,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> SetPin(db::AccountId id,
                                                     std::string_view pin,
                                                     const std::string& caller);
  // Whether SetPin() would take it: INVALID_ARGUMENT naming `field`.
  [[nodiscard]] Status CheckNewPin(std::string_view field,
                                   std::string_view pin) const;
  [[nodiscard]] StatusOr<db::AccountSnapshot> SetEnabled(
      db::AccountId id, bool enabled, const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> SetPolicy(
      db::AccountId id, db::AccountPolicy policy, const std::string& caller);
  // Empty: the caller keeps it. RESOURCE_EXHAUSTED as Create().
  [[nodiscard]] StatusOr<db::AccountSnapshot> SetPassword(
      db::AccountId id, std::string_view password, const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> SetDevicePasswords(
      db::AccountId id, bool allowed, const std::string& caller);
  // Clears the failures of the account and of all its tokens, and all blocks.
  [[nodiscard]] StatusOr<db::AccountSnapshot> Unlock(db::AccountId id,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Assign(db::AccountId id,
                                                     db::TokenId token,
                                                     const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Unassign(
      db::AccountId id, db::TokenId token, const std::string& caller);
  // The tokens stay, without an account; the devices go.
  [[nodiscard]] Status Delete(db::AccountId id, const std::string& caller);

 private:
  [[nodiscard]] StatusOr<db::AccountSnapshot> Change(
      db::AccountId id, const db::AccountChange& change, db::Event event,
      const std::string& caller);
  [[nodiscard]] StatusOr<db::AccountSnapshot> UnlockSome(
      db::AccountId id, const std::string& caller, bool& more);
  [[nodiscard]] StatusOr<db::AccountSnapshot> Move(
      const db::AccountSnapshot& account, const db::TokenRecord& token,
      bool assign, const std::string& caller);
  [[nodiscard]] StatusOr<std::string> PinMac(
      db::AccountId id, std::string_view pin,
      std::string_view field = "pin") const;
  [[nodiscard]] StatusOr<std::string> HashPassword(std::string_view password);

  AdminParts parts_;
  PasswordHasher* hasher_;
  Options options_;
};

}  // namespace pawl::validator
