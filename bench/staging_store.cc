#include "bench/staging_store.h"

namespace pawl::bench {
namespace {

Status NotHere() {
  return NotFound("not among the rows that are kept");
}

template <typename Key, typename Record>
void AddNone(const std::vector<Key>& keys,
             std::vector<StatusOr<Record>>& results) {
  results.assign(keys.size(), NotHere());
}

}  // namespace

StatusOr<db::Rows> StagingStore::DoRead(const db::Keys& keys) {
  db::Rows rows;
  AddNone(keys.logins, rows.logins);
  AddNone(keys.public_ids, rows.public_ids);
  AddNone(keys.fingerprints, rows.fingerprints);
  AddNone(keys.tokens, rows.tokens);
  AddNone(keys.clients, rows.clients);
  AddNone(keys.devices, rows.devices);
  AddNone(keys.budgets, rows.budgets);
  AddNone(keys.attempts, rows.attempts);
  for (const db::AccountId id : keys.accounts) {
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) {
      rows.accounts.emplace_back(NotHere());
    } else {
      rows.accounts.emplace_back(db::AccountSnapshot{found->second, {}});
    }
  }
  return rows;
}

void StagingStore::DoCommit(std::span<const db::Commit* const> commits,
                            std::span<Status> /*results*/) {
  for (const db::Commit* commit : commits) {
    Keep(*commit);
    for (const auto& write : commit->accounts) {
      if (write.after.has_value()) {
        accounts_[write.after->id] = *write.after;
      }
    }
  }
}

void StagingStore::Keep(const db::Commit& commit) {
  constexpr size_t kJoined = 64;
  if (kept_++ % kJoined == 0) {
    commits_.push_back(commit);
    return;
  }
  const auto append = [](auto& all, const auto& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  db::Commit& joint = commits_.back();
  append(joint.accounts, commit.accounts);
  append(joint.tokens, commit.tokens);
  append(joint.clients, commit.clients);
  append(joint.devices, commit.devices);
}

Status StagingStore::Flush() {
  std::vector<const db::Commit*> pointers;
  for (const db::Commit& commit : commits_) {
    pointers.push_back(&commit);
  }
  const std::vector<Status> results = real_.Commit(pointers);
  commits_.clear();
  kept_ = 0;
  accounts_.clear();
  for (const Status& result : results) {
    PAWL_RETURN_IF_ERROR(result);
  }
  return OkStatus();
}

StatusOr<std::vector<db::AccountRecord>> StagingStore::DoListAccounts(
    std::string_view after, size_t limit) {
  return real_.ListAccounts({.after = std::string(after), .limit = limit});
}

StatusOr<std::vector<db::TokenRecord>> StagingStore::DoListTokens(
    db::TokenId after, size_t limit) {
  return real_.ListTokens({.after = ToString(after), .limit = limit});
}

StatusOr<std::vector<db::ClientRecord>> StagingStore::DoListClients(
    db::ClientId after, size_t limit) {
  return real_.ListClients({.after = ToString(after), .limit = limit});
}

StatusOr<std::vector<db::DeviceRecord>> StagingStore::DoListDevices(
    const db::DeviceFilter& filter, db::DeviceId after) {
  db::DeviceFilter page = filter;
  page.after = db::ToString(after);
  return real_.ListDevices(page);
}

StatusOr<std::vector<db::BudgetRecord>> StagingStore::DoListBudgets(
    db::AccountId account) {
  return real_.ListBudgets(account);
}

StatusOr<std::vector<db::AuditEntry>> StagingStore::DoListAudit(
    const db::AuditFilter& filter) {
  return real_.ListAudit(filter);
}

StatusOr<std::string> StagingStore::DoGetServerSecret(std::string_view name) {
  return real_.GetServerSecret(name);
}

Status StagingStore::DoPutServerSecret(std::string_view name,
                                       std::string_view sealed) {
  return real_.PutServerSecret(name, sealed);
}

Status StagingStore::DoTend(UnixTime now) {
  return real_.Tend(now);
}

}  // namespace pawl::bench
