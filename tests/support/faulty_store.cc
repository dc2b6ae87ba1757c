#include "tests/support/faulty_store.h"

#include <utility>

namespace pawl::testing {
namespace {

template <typename Id>
db::Page PageAfter(Id after, size_t limit) {
  return {.after = after.value == 0 ? std::string() : ToString(after),
          .limit = limit};
}

}  // namespace

void FaultyStore::FailBeforeCommit(int count) {
  const std::lock_guard lock(mutex_);
  before_ = count;
}

void FaultyStore::FailAfterCommit(int count) {
  const std::lock_guard lock(mutex_);
  after_ = count;
}

void FaultyStore::FailReads(int count) {
  const std::lock_guard lock(mutex_);
  reads_ = count;
}

void FaultyStore::FailTends(int count) {
  const std::lock_guard lock(mutex_);
  tends_ = count;
}

void FaultyStore::Replace(db::Store& inner) {
  inner_ = &inner;
}

void FaultyStore::BeforeCommit(std::function<void()> hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

bool FaultyStore::Take(int& faults) {
  const std::lock_guard lock(mutex_);
  if (faults == 0) {
    return false;
  }
  --faults;
  return true;
}

template <typename Call>
auto FaultyStore::Reading(Call call) -> decltype(call()) {
  if (Take(reads_)) {
    return Unavailable("fault on demand: read");
  }
  return call();
}

StatusOr<db::Rows> FaultyStore::DoRead(const db::Keys& keys) {
  return Reading([&] { return inner_->Read(keys); });
}

StatusOr<std::vector<db::AccountRecord>> FaultyStore::DoListAccounts(
    std::string_view after, size_t limit) {
  return Reading([&] {
    return inner_->ListAccounts({.after = std::string(after), .limit = limit});
  });
}

StatusOr<std::vector<db::TokenRecord>> FaultyStore::DoListTokens(
    db::TokenId after, size_t limit) {
  return Reading([&] { return inner_->ListTokens(PageAfter(after, limit)); });
}

StatusOr<std::vector<db::ClientRecord>> FaultyStore::DoListClients(
    db::ClientId after, size_t limit) {
  return Reading([&] { return inner_->ListClients(PageAfter(after, limit)); });
}

// `filter` has what `after` was parsed from.
StatusOr<std::vector<db::DeviceRecord>> FaultyStore::DoListDevices(
    const db::DeviceFilter& filter, db::DeviceId /*after*/) {
  return Reading([&] { return inner_->ListDevices(filter); });
}

StatusOr<std::vector<db::BudgetRecord>> FaultyStore::DoListBudgets(
    db::AccountId account) {
  return Reading([&] { return inner_->ListBudgets(account); });
}

StatusOr<std::vector<db::AuditEntry>> FaultyStore::DoListAudit(
    const db::AuditFilter& filter) {
  return Reading([&] { return inner_->ListAudit(filter); });
}

void FaultyStore::DoCommit(std::span<const db::Commit* const> commits,
                           std::span<Status> results) {
  std::function<void()> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = hook_;
  }
  if (hook) {
    hook();
  }
  for (size_t i = 0; i < commits.size(); ++i) {
    if (Take(before_)) {
      results[i] = Unavailable("fault on demand: not committed");
      continue;
    }
    results[i] = inner_->Commit(*commits[i]);
    if (Take(after_)) {
      results[i] = Unavailable("fault on demand: in doubt");
    }
  }
}

StatusOr<std::string> FaultyStore::DoGetServerSecret(std::string_view name) {
  return Reading([&] { return inner_->GetServerSecret(name); });
}

Status FaultyStore::DoPutServerSecret(std::string_view name,
                                      std::string_view sealed) {
  return inner_->PutServerSecret(name, sealed);
}

Status FaultyStore::DoTend(UnixTime now) {
  if (Take(tends_)) {
    return Unavailable("fault on demand: tend");
  }
  return inner_->Tend(now);
}

}  // namespace pawl::testing
