#include "validator/service/account_admin.h"

#include <utility>

#include "base/await.h"
#include "base/secret.h"
#include "validator/core/account_password.h"
#include "validator/core/pin.h"
#include "validator/service/fields.h"

namespace pawl::validator {

using db::AccountId;
using db::AccountSnapshot;
using db::Event;
using db::TokenChange;
using db::TokenId;
using db::TokenRecord;

AccountAdmin::AccountAdmin(const AdminParts& parts, PasswordHasher& hasher,
                           const Options& options)
    : parts_(parts), hasher_(&hasher), options_(options) {}

Status AccountAdmin::CheckNewPin(std::string_view field,
                                 std::string_view pin) const {
  return PinMac(AccountId{}, pin, field).status();
}

StatusOr<std::string> AccountAdmin::PinMac(AccountId id, std::string_view pin,
                                           std::string_view field) const {
  if (pin.empty()) {
    return std::string();
  }
  PAWL_ASSIGN_OR_RETURN(std::string normal,
                        AcceptNewPin(pin, options_.pin_min_length, field));
  std::string mac = parts_.hash->Pin(id, normal);
  Wipe(normal);
  return mac;
}

// Waits for the hash: administrators' calls have threads of their own.
StatusOr<std::string> AccountAdmin::HashPassword(std::string_view password) {
  if (password.empty()) {
    return std::string();
  }
  PAWL_ASSIGN_OR_RETURN(std::string normal, AcceptNewPassword(password));
  SecretBytes secret(normal);
  Wipe(normal);
  return AwaitAnswer<std::string>([&](PasswordHasher::HashDone done) {
    hasher_->Hash(std::move(secret), std::move(done));
  });
}

StatusOr<AccountSnapshot> AccountAdmin::Create(const NewAccount& wanted,
                                               const std::string& caller) {
  AccountSnapshot created;
  db::AccountRecord& account = created.account;
  PAWL_ASSIGN_OR_RETURN(account.login, AcceptNewLogin(wanted.login));
  // Beyond the stranger rows, whose ids are the smallest.
  do {
    account.id = {parts_.rng->RandomId()};
  } while (account.id.value <= db::Store::kStrangers);
  PAWL_ASSIGN_OR_RETURN(account.pin_mac, PinMac(account.id, wanted.pin));
  PAWL_ASSIGN_OR_RETURN(account.password, HashPassword(wanted.password));
  account.policy = wanted.policy.value_or(options_.default_policy);
  account.device_passwords =
      wanted.device_passwords.value_or(options_.default_device_passwords);
  account.created = parts_.clock->Now();
  account.modified = account.created;
  db::Commit commit;
  commit.audit = AdminAudit(Event::kAccountCreated, account.created, caller);
  commit.audit.account = account.id;
  commit.accounts.push_back({.after = account});
  PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
  return created;
}

StatusOr<AccountSnapshot> AccountAdmin::Get(AccountId id) {
  return GetPersonsAccount(*parts_.store, id);
}

StatusOr<AccountSnapshot> AccountAdmin::Find(std::string_view login) {
  PAWL_ASSIGN_OR_RETURN(const std::string normal,
                        NormalizeLogin("login", login));
  return parts_.store->FindAccount(normal);
}

StatusOr<std::vector<db::AccountRecord>> AccountAdmin::List(
    const std::string& after, size_t limit) {
  return parts_.store->ListAccounts({.after = after, .limit = limit});
}

StatusOr<AccountSnapshot> AccountAdmin::Change(AccountId id,
                                               const db::AccountChange& change,
                                               Event event,
                                               const std::string& caller) {
  return RetryOnRace([&]() -> StatusOr<AccountSnapshot> {
    PAWL_ASSIGN_OR_RETURN(AccountSnapshot found, Get(id));
    const UnixTime now = parts_.clock->Now();
    db::Commit commit;
    commit.audit = AdminAudit(event, now, caller);
    commit.audit.account = id;
    AddChange(found.account, change, now, commit);
    PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
    found.account = *std::move(commit.accounts.front().after);
    return found;
  });
}

StatusOr<AccountSnapshot> AccountAdmin::Rename(AccountId id,
                                               std::string_view login,
                                               const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(std::string normal, AcceptNewLogin(login));
  return Change(id, {.login = std::move(normal)}, Event::kAccountRenamed,
                caller);
}

StatusOr<AccountSnapshot> AccountAdmin::SetPin(AccountId id,
                                               std::string_view pin,
                                               const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(std::string mac, PinMac(id, pin));
  return Change(id, {.pin_mac = std::move(mac)}, Event::kAccountPinSet, caller);
}

StatusOr<AccountSnapshot> AccountAdmin::SetEnabled(AccountId id, bool enabled,
                                                   const std::string& caller) {
  return Change(id, {.enabled = enabled},
                enabled ? Event::kAccountEnabled : Event::kAccountDisabled,
                caller);
}

StatusOr<AccountSnapshot> AccountAdmin::SetPolicy(AccountId id,
                                                  db::AccountPolicy policy,
                                                  const std::string& caller) {
  return Change(id, {.policy = policy}, Event::kAccountPolicySet, caller);
}

StatusOr<AccountSnapshot> AccountAdmin::SetPassword(AccountId id,
                                                    std::string_view password,
                                                    const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(std::string phc, HashPassword(password));
  return Change(id, {.password = std::move(phc)}, Event::kAccountPasswordSet,
                caller);
}

StatusOr<AccountSnapshot> AccountAdmin::SetDevicePasswords(
    AccountId id, bool allowed, const std::string& caller) {
  return Change(id, {.device_passwords = allowed},
                Event::kAccountDevicePasswordsSet, caller);
}

// A token's coming and going also gives the account a new version, so that a
// login that read the old set of tokens cannot commit.
StatusOr<AccountSnapshot> AccountAdmin::Move(const AccountSnapshot& account,
                                             const TokenRecord& token,
                                             bool assign,
                                             const std::string& caller) {
  const AccountId id = account.account.id;
  const UnixTime now = parts_.clock->Now();
  db::Commit commit;
  commit.audit = AdminAudit(
      assign ? Event::kTokenAssigned : Event::kTokenUnassigned, now, caller);
  commit.audit.account = id;
  commit.audit.token = token.id;
  AddChange(account.account, {}, now, commit);
  TokenChange change;
  change.account = assign ? std::optional(id) : std::nullopt;
  PAWL_RETURN_IF_ERROR(AddChange(token, change, now, commit));
  PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
  return Get(id);
}

StatusOr<AccountSnapshot> AccountAdmin::Assign(AccountId id, TokenId token,
                                               const std::string& caller) {
  return RetryOnRace([&]() -> StatusOr<AccountSnapshot> {
    PAWL_ASSIGN_OR_RETURN(AccountSnapshot account, Get(id));
    PAWL_ASSIGN_OR_RETURN(const TokenRecord record,
                          parts_.store->GetToken(token));
    if (record.account == id) {
      return account;
    }
    if (record.account.has_value()) {
      return FailedPrecondition("the token belongs to another account");
    }
    if (account.tokens.size() >= db::Store::kMaxTokensPerAccount) {
      return FailedPrecondition("the account has as many tokens as it may");
    }
    return Move(account, record, /*assign=*/true, caller);
  });
}

StatusOr<AccountSnapshot> AccountAdmin::Unassign(AccountId id, TokenId token,
                                                 const std::string& caller) {
  return RetryOnRace([&]() -> StatusOr<AccountSnapshot> {
    PAWL_ASSIGN_OR_RETURN(const AccountSnapshot account, Get(id));
    PAWL_ASSIGN_OR_RETURN(const TokenRecord record,
                          parts_.store->GetToken(token));
    if (record.account != id) {
      return FailedPrecondition("the token does not belong to the account");
    }
    return Move(account, record, /*assign=*/false, caller);
  });
}

}  // namespace pawl::validator
