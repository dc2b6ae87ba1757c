#include "db/store.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace pawl::db {
namespace {

size_t Clamp(size_t limit) {
  return std::clamp<size_t>(limit, 1, Store::kMaxPage);
}

// The id a page starts after; 0 for the first page.
template <typename Id>
StatusOr<Id> StartOf(std::string_view after, std::optional<Id> parsed) {
  if (after.empty()) {
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

// A client that is made again under the number of one that is gone must not
// look like it to who has read the old row: its version begins anywhere.
bool MayBeginWith(const ClientRecord& client) {
  return IsStorable(client.version);
}
template <typename Record>
bool MayBeginWith(const Record& record) {
  return record.version == 1;
}

Status CheckInsert(const AccountRecord& account) {
  return account.login.empty() ? Bug("inserts a stranger") : OkStatus();
}
template <typename Record>
Status CheckInsert(const Record&) {
  return OkStatus();
}

Status CheckRemoval(const AccountRecord& account) {
  return account.login.empty() ? Bug("removes a stranger") : OkStatus();
}
Status CheckRemoval(const TokenRecord&) {
  return Bug("removes a token, which forgets its position");
}
template <typename Record>
Status CheckRemoval(const Record&) {
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
  if (!MayBeginWith(*write.after)) {
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

template <typename Record>
Status CheckWrites(const std::vector<Write<Record>>& writes) {
  for (const Write<Record>& write : writes) {
    PAWL_RETURN_IF_ERROR(CheckWrite(write));
  }
  return OkStatus();
}

template <typename Id>
Status CheckGuards(const std::vector<Guard<Id>>& guards) {
  for (const Guard<Id>& guard : guards) {
    PAWL_RETURN_IF_ERROR(CheckGuard(guard));
  }
  return OkStatus();
}

Status CheckCommit(const Commit& commit) {
  PAWL_RETURN_IF_ERROR(CheckWellFormed(commit.audit));
  if (commit.attempt.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckWellFormed(*commit.attempt));
  }
  PAWL_RETURN_IF_ERROR(CheckWrites(commit.accounts));
  PAWL_RETURN_IF_ERROR(CheckWrites(commit.tokens));
  PAWL_RETURN_IF_ERROR(CheckWrites(commit.clients));
  PAWL_RETURN_IF_ERROR(CheckWrites(commit.devices));
  PAWL_RETURN_IF_ERROR(CheckWrites(commit.budgets));
  PAWL_RETURN_IF_ERROR(CheckGuards(commit.account_guards));
  PAWL_RETURN_IF_ERROR(CheckGuards(commit.token_guards));
  PAWL_RETURN_IF_ERROR(CheckGuards(commit.client_guards));
  return CheckGuards(commit.device_guards);
}

}  // namespace

StatusOr<Rows> Store::Read(const Keys& keys) {
  return DoRead(keys);
}

// The result for the only key of `kind`.
template <typename Key, typename Record>
StatusOr<Record> Store::ReadOne(std::vector<Key> Keys::*kind,
                                std::vector<StatusOr<Record>> Rows::*results,
                                Key key) {
  Keys keys;
  (keys.*kind).push_back(std::move(key));
  PAWL_ASSIGN_OR_RETURN(Rows rows, Read(keys));
  return std::move((rows.*results).front());
}

StatusOr<AccountSnapshot> Store::FindAccount(std::string_view login) {
  return ReadOne(&Keys::logins, &Rows::logins, std::string(login));
}

StatusOr<AccountSnapshot> Store::GetAccount(AccountId id) {
  return ReadOne(&Keys::accounts, &Rows::accounts, id);
}

StatusOr<TokenRecord> Store::GetToken(TokenId id) {
  return ReadOne(&Keys::tokens, &Rows::tokens, id);
}

StatusOr<TokenRecord> Store::FindToken(std::string_view public_id) {
  return ReadOne(&Keys::public_ids, &Rows::public_ids, std::string(public_id));
}

StatusOr<TokenRecord> Store::FindFingerprint(std::string_view fingerprint) {
  return ReadOne(&Keys::fingerprints, &Rows::fingerprints,
                 std::string(fingerprint));
}

StatusOr<ClientRecord> Store::GetClient(ClientId id) {
  return ReadOne(&Keys::clients, &Rows::clients, id);
}

StatusOr<DeviceSnapshot> Store::GetDevice(DeviceId id) {
  return ReadOne(&Keys::devices, &Rows::devices, id);
}

StatusOr<AttemptRecord> Store::GetAttempt(std::string_view key) {
  return ReadOne(&Keys::attempts, &Rows::attempts, std::string(key));
}

StatusOr<std::vector<AccountRecord>> Store::ListAccounts(const Page& page) {
  return DoListAccounts(page.after, Clamp(page.limit));
}

StatusOr<std::vector<TokenRecord>> Store::ListTokens(const Page& page) {
  PAWL_ASSIGN_OR_RETURN(const TokenId after,
                        StartOf(page.after, ParseId<TokenTag>(page.after)));
  return DoListTokens(after, Clamp(page.limit));
}

StatusOr<std::vector<ClientRecord>> Store::ListClients(const Page& page) {
  PAWL_ASSIGN_OR_RETURN(const ClientId after,
                        StartOf(page.after, ParseId<ClientTag>(page.after)));
  return DoListClients(after, Clamp(page.limit));
}

StatusOr<std::vector<DeviceRecord>> Store::ListDevices(
    const DeviceFilter& filter) {
  DeviceFilter checked = filter;
  checked.limit = Clamp(filter.limit);
  PAWL_ASSIGN_OR_RETURN(
      const DeviceId after,
      StartOf(filter.after, ParseId<DeviceTag>(filter.after)));
  return DoListDevices(checked, after);
}

StatusOr<std::vector<BudgetRecord>> Store::ListBudgets(AccountId account) {
  return DoListBudgets(account);
}

StatusOr<std::vector<AuditEntry>> Store::ListAudit(const AuditFilter& filter) {
  AuditFilter checked = filter;
  checked.limit = Clamp(filter.limit);
  if (filter.before_sequence <= 0) {
    checked.before_sequence = std::numeric_limits<int64_t>::max();
  }
  return DoListAudit(checked);
}

std::vector<Status> Store::Commit(std::span<const db::Commit* const> commits) {
  std::vector<Status> results(commits.size());
  std::vector<const db::Commit*> good;
  std::vector<size_t> places;
  for (size_t i = 0; i < commits.size(); ++i) {
    results[i] = CheckCommit(*commits[i]);
    if (results[i].ok()) {
      good.push_back(commits[i]);
      places.push_back(i);
    }
  }
  std::vector<Status> done(good.size());
  DoCommit(good, done);
  for (size_t i = 0; i < good.size(); ++i) {
    results[places[i]] = std::move(done[i]);
  }
  return results;
}

Status Store::Commit(const db::Commit& commit) {
  const db::Commit* const only[] = {&commit};
  return Commit(only).front();
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
