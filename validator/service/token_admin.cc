#include "validator/service/token_admin.h"

#include <algorithm>
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

// The key may come back as one that another server validates, which knows
// nothing of the OTPs that were accepted here: its public id goes on from where
// the key was.
Status TokenAdmin::RememberPublicId(const TokenRecord& token, UnixTime now,
                                    db::Commit& commit) {
  if (token.kind != db::TokenKind::kYubico || token.public_id.empty() ||
      !token.position.has_value()) {
    return OkStatus();
  }
  TokenRecord mark{
      .kind = db::TokenKind::kYubicloud,
      .deleted = true,
      .enabled = false,
      .digits = token.digits,
      .position = token.position,
      .fingerprint = CloudFingerprint(*parts_.hash, token.public_id),
      .created = now,
      .modified = now};
  const StatusOr<TokenRecord> before =
      parts_.store->FindFingerprint(mark.fingerprint);
  if (before.status().code() == StatusCode::kNotFound) {
    mark.id = {parts_.rng->RandomId()};
    commit.tokens.push_back({.after = std::move(mark)});
    return OkStatus();
  }
  PAWL_RETURN_IF_ERROR(before);
  mark = *before;
  ++mark.version;
  mark.position = std::max(before->position, token.position);
  mark.modified = now;
  commit.tokens.push_back({.before = *before, .after = std::move(mark)});
  return OkStatus();
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
    if (change.erase) {
      PAWL_RETURN_IF_ERROR(RememberPublicId(before, now, commit));
    }
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
