#include "validator/service/token_admin.h"

#include <utility>

#include "validator/service/token_registration.h"

namespace pawl::validator {

using db::Event;
using db::TokenChange;
using db::TokenId;
using db::TokenRecord;

TokenAdmin::TokenAdmin(const AdminParts& parts) : parts_(parts) {}

StatusOr<TokenRecord> TokenAdmin::Get(TokenId id) {
  return parts_.store->GetToken(id);
}

StatusOr<std::vector<TokenRecord>> TokenAdmin::List(const std::string& after,
                                                    size_t limit) {
  return parts_.store->ListTokens({.after = after, .limit = limit});
}

StatusOr<TokenRecord> TokenAdmin::Change(TokenId id, const TokenChange& change,
                                         Event event,
                                         const std::string& caller) {
  return RetryOnRace([&]() -> StatusOr<TokenRecord> {
    PAWL_ASSIGN_OR_RETURN(const TokenRecord before, Get(id));
    const UnixTime now = parts_.clock->Now();
    PAWL_ASSIGN_OR_RETURN(TokenRecord after, Apply(before, change, now));
    db::Commit commit;
    commit.audit = AdminAudit(event, now, caller);
    commit.audit.token = id;
    commit.audit.account = before.account;
    commit.tokens.push_back({.before = before, .after = after});
    PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
    return after;
  });
}

StatusOr<TokenRecord> TokenAdmin::Update(TokenId id, const TokenUpdate& update,
                                         const std::string& caller) {
  TokenChange change;
  if (update.label.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckLabel(*update.label));
    change.label = update.label;
  }
  if (update.window.has_value()) {
    PAWL_ASSIGN_OR_RETURN(const TokenRecord token, Get(id));
    PAWL_ASSIGN_OR_RETURN(change.window, WindowFor(token.kind, *update.window));
  }
  return Change(id, change, Event::kTokenUpdated, caller);
}

StatusOr<TokenRecord> TokenAdmin::SetEnabled(TokenId id, bool enabled,
                                             const std::string& caller) {
  return Change(id, {.enabled = enabled},
                enabled ? Event::kTokenEnabled : Event::kTokenDisabled, caller);
}

StatusOr<TokenRecord> TokenAdmin::Unlock(TokenId id,
                                         const std::string& caller) {
  return Change(id, {.throttle = db::ThrottleState{}}, Event::kTokenUnlocked,
                caller);
}

Status TokenAdmin::Delete(TokenId id, const std::string& caller) {
  return Change(id, {.erase = true}, Event::kTokenDeleted, caller).status();
}

}  // namespace pawl::validator
