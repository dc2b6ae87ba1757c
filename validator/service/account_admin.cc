#include "validator/service/account_admin.h"

#include <utility>

#include "validator/core/pin.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountSnapshot;
using db::Event;
using db::TokenChange;
using db::TokenId;
using db::TokenRecord;

Status NoSuchAccount() {
  return NotFound("account not found");
}

// Adds the token's change to a commit.
Status AddToken(const TokenRecord& token, const TokenChange& change,
                UnixTime now, db::Commit& commit) {
  PAWL_ASSIGN_OR_RETURN(TokenRecord after, Apply(token, change, now));
  commit.tokens.push_back({.before = token, .after = std::move(after)});
  return OkStatus();
}

}  // namespace

AccountAdmin::AccountAdmin(const AdminParts& parts, size_t pin_min_length)
    : parts_(parts), pin_min_length_(pin_min_length) {}

StatusOr<std::string> AccountAdmin::PinMac(AccountId id,
                                           std::string_view pin) const {
  if (pin.empty()) {
    return std::string();
  }
  PAWL_ASSIGN_OR_RETURN(std::string normal, AcceptNewPin(pin, pin_min_length_));
  std::string mac = parts_.hash->Pin(id, normal);
  Wipe(normal);
  return mac;
}

StatusOr<AccountSnapshot> AccountAdmin::Create(std::string_view login,
                                               std::string_view pin,
                                               const std::string& caller) {
  AccountSnapshot created;
  db::AccountRecord& account = created.account;
  PAWL_ASSIGN_OR_RETURN(account.login, NormalizeLogin("login", login));
  // Beyond the stranger rows, whose ids are the smallest.
  do {
    account.id = {parts_.rng->RandomId()};
  } while (account.id.value <= db::Store::kStrangers);
  PAWL_ASSIGN_OR_RETURN(account.pin_mac, PinMac(account.id, pin));
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
  PAWL_ASSIGN_OR_RETURN(AccountSnapshot found, parts_.store->GetAccount(id));
  if (found.account.login.empty()) {
    return NoSuchAccount();  // a stranger row is nobody's account
  }
  return found;
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
    db::AccountRecord after = Apply(found.account, change, now);
    commit.accounts.push_back({.before = found.account, .after = after});
    PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
    found.account = std::move(after);
    return found;
  });
}

StatusOr<AccountSnapshot> AccountAdmin::Rename(AccountId id,
                                               std::string_view login,
                                               const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(std::string normal, NormalizeLogin("login", login));
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

StatusOr<AccountSnapshot> AccountAdmin::Unlock(AccountId id,
                                               const std::string& caller) {
  return RetryOnRace([&]() -> StatusOr<AccountSnapshot> {
    PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(id));
    const UnixTime now = parts_.clock->Now();
    db::Commit commit;
    commit.audit = AdminAudit(Event::kAccountUnlocked, now, caller);
    commit.audit.account = id;
    commit.accounts.push_back(
        {.before = found.account,
         .after =
             Apply(found.account,
                   db::AccountChange{.throttle = db::ThrottleState{}}, now)});
    for (const TokenRecord& token : found.tokens) {
      PAWL_RETURN_IF_ERROR(AddToken(
          token, TokenChange{.throttle = db::ThrottleState{}}, now, commit));
    }
    PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
    return Get(id);
  });
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
  commit.accounts.push_back(
      {.before = account.account,
       .after = Apply(account.account, db::AccountChange{}, now)});
  TokenChange change;
  change.account = assign ? std::optional(id) : std::nullopt;
  PAWL_RETURN_IF_ERROR(AddToken(token, change, now, commit));
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

Status AccountAdmin::Delete(AccountId id, const std::string& caller) {
  return RetryOnRace([&]() -> Status {
    PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(id));
    const UnixTime now = parts_.clock->Now();
    db::Commit commit;
    commit.audit = AdminAudit(Event::kAccountDeleted, now, caller);
    commit.audit.account = id;
    for (const TokenRecord& token : found.tokens) {
      TokenChange change;
      change.account = std::optional<AccountId>();
      PAWL_RETURN_IF_ERROR(AddToken(token, change, now, commit));
    }
    commit.accounts.push_back({.before = found.account});
    return parts_.store->Commit(commit);
  });
}

}  // namespace pawl::validator
