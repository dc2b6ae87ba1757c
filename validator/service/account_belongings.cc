// What hangs on an account beside its tokens: the budgets of its failures,
// which an unlocking clears, and its devices, which go with it.
#include <algorithm>
#include <tuple>
#include <utility>

#include "validator/service/account_admin.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountSnapshot;
using db::BudgetRecord;
using db::Event;
using db::TokenChange;
using db::TokenRecord;

// False for budgets that count something else than failures: an unlocking must
// neither make a person's places unusual nor grant the help desk more
// questions.
bool CountsFailures(const BudgetRecord& row) {
  return row.cause != db::Cause::kUsualPlace &&
         row.cause != db::Cause::kExplain;
}

}  // namespace

StatusOr<std::vector<Block>> AccountAdmin::Blocks(AccountId id) {
  PAWL_RETURN_IF_ERROR(Get(id));
  PAWL_ASSIGN_OR_RETURN(const std::vector<BudgetRecord> rows,
                        parts_.store->ListBudgets(id));
  const UnixTime now = parts_.clock->Now();
  std::vector<Block> blocks;
  for (const BudgetRecord& row : rows) {
    const uint32_t failures = FailuresLeft(options_.budgets, row, now);
    if (CountsFailures(row) && failures > 0 && row.expires > now) {
      blocks.push_back(
          {.cause = row.cause,
           .source = row.source,
           .service = row.service,
           .failures = failures,
           .retry_after = GateOf(options_.budgets, row, now).retry_after});
    }
  }
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return std::tie(a.cause, a.source, a.service) <
           std::tie(b.cause, b.source, b.service);
  });
  return blocks;
}

// One commit clears account and tokens with a page of budgets; `more`: there
// may be others.
StatusOr<AccountSnapshot> AccountAdmin::UnlockSome(AccountId id,
                                                   const std::string& caller,
                                                   bool& more) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(id));
  PAWL_ASSIGN_OR_RETURN(std::vector<BudgetRecord> rows,
                        parts_.store->ListBudgets(id));
  const bool full = rows.size() == db::Store::kMaxPage;
  const UnixTime now = parts_.clock->Now();
  db::Commit commit;
  commit.audit = AdminAudit(Event::kAccountUnlocked, now, caller);
  commit.audit.account = id;
  AddChange(found.account, {.throttle = db::ThrottleState{}}, now, commit);
  for (const TokenRecord& token : found.tokens) {
    PAWL_RETURN_IF_ERROR(AddChange(
        token, TokenChange{.throttle = db::ThrottleState{}}, now, commit));
  }
  for (BudgetRecord& row : rows) {
    if (CountsFailures(row)) {
      commit.budgets.push_back({.before = std::move(row)});
    }
  }
  more = full && !commit.budgets.empty();
  PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
  return Get(id);
}

StatusOr<AccountSnapshot> AccountAdmin::Unlock(AccountId id,
                                               const std::string& caller) {
  while (true) {
    bool more = false;
    StatusOr<AccountSnapshot> unlocked =
        RetryOnRace([&] { return UnlockSome(id, caller, more); });
    if (!unlocked.ok() || !more) {
      return unlocked;
    }
  }
}

Status AccountAdmin::Delete(AccountId id, const std::string& caller) {
  return RetryOnRace([&]() -> Status {
    PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(id));
    const db::DeviceFilter filter{.account = id, .limit = db::Store::kMaxPage};
    PAWL_ASSIGN_OR_RETURN(std::vector<db::DeviceRecord> devices,
                          parts_.store->ListDevices(filter));
    while (devices.size() == filter.limit) {
      PAWL_RETURN_IF_ERROR(RemoveDevices(parts_, devices, caller));
      PAWL_ASSIGN_OR_RETURN(devices, parts_.store->ListDevices(filter));
    }
    // No more than a page of them: they are nobody's from here on, and expire.
    PAWL_ASSIGN_OR_RETURN(std::vector<BudgetRecord> budgets,
                          parts_.store->ListBudgets(id));
    const UnixTime now = parts_.clock->Now();
    db::Commit commit;
    commit.audit = AdminAudit(Event::kAccountDeleted, now, caller);
    commit.audit.account = id;
    for (const TokenRecord& token : found.tokens) {
      TokenChange change;
      change.account = std::optional<AccountId>();
      PAWL_RETURN_IF_ERROR(AddChange(token, change, now, commit));
    }
    for (db::DeviceRecord& device : devices) {
      commit.devices.push_back({.before = std::move(device)});
    }
    for (BudgetRecord& budget : budgets) {
      commit.budgets.push_back({.before = std::move(budget)});
    }
    commit.accounts.push_back({.before = found.account});
    return parts_.store->Commit(commit);
  });
}

}  // namespace pawl::validator
