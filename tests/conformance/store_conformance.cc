#include "tests/conformance/store_conformance.h"

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
  contents.audit = store().ListAudit({.limit = Store::kMaxPage}).value();
  return contents;
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

AccountSnapshot StoreConformance::CreateAccountWithToken(uint64_t account,
                                                         uint64_t token) {
  AccountSnapshot snapshot{.account = SampleAccount(account)};
  snapshot.tokens.push_back(SampleToken(token, snapshot.account.id));
  Create(snapshot.account);
  Create(snapshot.tokens.front());
  return snapshot;
}

}  // namespace pawl::db
