#include "tests/conformance/store_conformance.h"

#include <algorithm>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {

using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleToken;

StoreConformance::Contents StoreConformance::ContentsOf() {
  const Page all{.limit = Store::kMaxPage};
  Contents contents;
  contents.accounts = store().ListAccounts(all).value();
  contents.tokens = store().ListTokens(all).value();
  contents.clients = store().ListClients(all).value();
  contents.devices = store().ListDevices({.limit = Store::kMaxPage}).value();
  for (const AccountRecord& account : contents.accounts) {
    const std::vector<BudgetRecord> budgets = BudgetsOf(account.id);
    contents.budgets.insert(contents.budgets.end(), budgets.begin(),
                            budgets.end());
  }
  contents.audit = store().ListAudit({.limit = Store::kMaxPage}).value();
  return contents;
}

std::vector<BudgetRecord> StoreConformance::BudgetsOf(AccountId account) {
  std::vector<BudgetRecord> budgets = store().ListBudgets(account).value();
  std::sort(budgets.begin(), budgets.end(),
            [](const BudgetRecord& one, const BudgetRecord& other) {
              return one.id < other.id;
            });
  return budgets;
}

StatusOr<BudgetRecord> StoreConformance::GetBudget(BudgetId id) {
  return store().Read({.budgets = {id}}).value().budgets.front();
}

void StoreConformance::Put(const Commit& commit) {
  ASSERT_THAT(store().Commit(commit), IsOk());
}

template <typename Record>
void StoreConformance::Create(const Record& record) {
  Put(InsertOf(record));
}
template void StoreConformance::Create(const AccountRecord&);
template void StoreConformance::Create(const TokenRecord&);
template void StoreConformance::Create(const ClientRecord&);
template void StoreConformance::Create(const DeviceRecord&);
template void StoreConformance::Create(const BudgetRecord&);

AccountSnapshot StoreConformance::CreateAccountWithToken(uint64_t account,
                                                         uint64_t token) {
  AccountSnapshot snapshot{.account = SampleAccount(account)};
  snapshot.tokens.push_back(SampleToken(token, snapshot.account.id));
  Create(snapshot.account);
  Create(snapshot.tokens.front());
  return snapshot;
}

}  // namespace pawl::db
