#include "db/store.h"

#include <algorithm>
#include <limits>

namespace pawl::db {
namespace {

size_t Clamp(size_t limit) {
  return std::clamp<size_t>(limit, 1, Store::kMaxPage);
}

// The id a page starts after; 0 for the first page.
template <typename Id>
StatusOr<Id> StartOf(const Page& page, std::optional<Id> parsed) {
  if (page.after.empty()) {
    return Id{};
  }
  if (!parsed.has_value()) {
    return InvalidField("after", "not an id");
  }
  return *parsed;
}

Status Bug(std::string_view what, std::string_view detail = {}) {
  std::string message = "bad commit: ";
  message += what;
  message += detail;
  return Internal(message);
}

Status CheckInsert(const AccountRecord& account) {
  return account.login.empty() ? Bug("inserts a stranger") : OkStatus();
}
Status CheckInsert(const TokenRecord&) {
  return OkStatus();
}
Status CheckInsert(const ClientRecord&) {
  return OkStatus();
}

Status CheckRemoval(const AccountRecord& account) {
  return account.login.empty() ? Bug("removes a stranger") : OkStatus();
}
Status CheckRemoval(const TokenRecord&) {
  return Bug("removes a token, which forgets its position");
}
Status CheckRemoval(const ClientRecord&) {
  return OkStatus();
}

template <typename Record>
Status CheckWellFormed(const Record& record) {
  const std::string_view field = MalformedField(record);
  return field.empty() ? OkStatus() : Bug("malformed ", field);
}

template <typename Record>
Status CheckWrite(const Write<Record>& write) {
  if (!write.after.has_value()) {
    if (!write.before.has_value()) {
      return Bug("a write of nothing");
    }
    PAWL_RETURN_IF_ERROR(CheckWellFormed(*write.before));
    return CheckRemoval(*write.before);
  }
  PAWL_RETURN_IF_ERROR(CheckWellFormed(*write.after));
  if (write.before.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckWellFormed(*write.before));
    return CheckReplacement(*write.before, *write.after);
  }
  if (write.after->version != 1) {
    return Bug("a new row has version 1");
  }
  return CheckInsert(*write.after);
}

template <typename Id>
Status CheckGuard(const Guard<Id>& guard) {
  return IsStorable(guard.id.value) && IsStorable(guard.version)
             ? OkStatus()
             : Bug("a guard without id or version");
}

Status CheckCommit(const Commit& commit) {
  PAWL_RETURN_IF_ERROR(CheckWellFormed(commit.audit));
  if (commit.attempt.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckWellFormed(*commit.attempt));
  }
  for (const auto& write : commit.accounts) {
    PAWL_RETURN_IF_ERROR(CheckWrite(write));
  }
  for (const auto& write : commit.tokens) {
    PAWL_RETURN_IF_ERROR(CheckWrite(write));
  }
  for (const auto& write : commit.clients) {
    PAWL_RETURN_IF_ERROR(CheckWrite(write));
  }
  for (const auto& guard : commit.account_guards) {
    PAWL_RETURN_IF_ERROR(CheckGuard(guard));
  }
  for (const auto& guard : commit.token_guards) {
    PAWL_RETURN_IF_ERROR(CheckGuard(guard));
  }
  return OkStatus();
}

}  // namespace

StatusOr<AccountSnapshot> Store::FindAccount(std::string_view login) {
  if (login.empty()) {
    return NotFound("account not found");
  }
  return DoFindAccount(login);
}

StatusOr<AccountSnapshot> Store::GetAccount(AccountId id) {
  if (!IsStorable(id.value)) {
    return NotFound("account not found");
  }
  return DoGetAccount(id);
}

StatusOr<TokenRecord> Store::GetToken(TokenId id) {
  if (!IsStorable(id.value)) {
    return NotFound("token not found");
  }
  return DoGetToken(id);
}

StatusOr<TokenRecord> Store::FindToken(std::string_view public_id) {
  if (public_id.empty()) {
    return NotFound("token not found");
  }
  return DoFindToken(public_id);
}

StatusOr<TokenRecord> Store::FindFingerprint(std::string_view fingerprint) {
  if (fingerprint.empty()) {
    return NotFound("token not found");
  }
  return DoFindFingerprint(fingerprint);
}

StatusOr<ClientRecord> Store::GetClient(ClientId id) {
  if (!IsStorable(id.value)) {
    return NotFound("client not found");
  }
  return DoGetClient(id);
}

StatusOr<AttemptRecord> Store::GetAttempt(std::string_view key) {
  if (key.empty()) {
    return NotFound("attempt not found");
  }
  return DoGetAttempt(key);
}

StatusOr<std::vector<AccountRecord>> Store::ListAccounts(const Page& page) {
  return DoListAccounts(page.after, Clamp(page.limit));
}

StatusOr<std::vector<TokenRecord>> Store::ListTokens(const Page& page) {
  PAWL_ASSIGN_OR_RETURN(const TokenId after,
                        StartOf(page, ParseId<TokenTag>(page.after)));
  return DoListTokens(after, Clamp(page.limit));
}

StatusOr<std::vector<ClientRecord>> Store::ListClients(const Page& page) {
  PAWL_ASSIGN_OR_RETURN(const ClientId after,
                        StartOf(page, ParseId<ClientTag>(page.after)));
  return DoListClients(after, Clamp(page.limit));
}

StatusOr<std::vector<AuditEntry>> Store::ListAudit(const AuditFilter& filter) {
  AuditFilter checked = filter;
  checked.limit = Clamp(filter.limit);
  if (filter.before_sequence <= 0) {
    checked.before_sequence = std::numeric_limits<int64_t>::max();
  }
  return DoListAudit(checked);
}

Status Store::Commit(const db::Commit& commit) {
  PAWL_RETURN_IF_ERROR(CheckCommit(commit));
  return DoCommit(commit);
}

StatusOr<std::string> Store::GetServerSecret(std::string_view name) {
  if (name.empty()) {
    return NotFound("server secret not found");
  }
  return DoGetServerSecret(name);
}

Status Store::PutServerSecret(std::string_view name, std::string_view sealed) {
  if (name.empty() || sealed.empty()) {
    return Internal("a server secret has a name and a sealed text");
  }
  return DoPutServerSecret(name, sealed);
}

Status Store::Tend(UnixTime now) {
  return DoTend(now);
}

}  // namespace pawl::db
