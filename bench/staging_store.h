// StagingStore: lets the administration services work at full speed on a store
// that is being filled. It keeps their commits and hands them on in batches,
// many joined to one: a database then has one commit to make durable, and one
// audit entry, where a server would have many.
//
// Only for a store without accounts: it knows of no row but the accounts it
// keeps itself. What is taken already is found by the real store at Flush().
//
// Thread safety: one thread at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "db/store.h"

namespace pawl::bench {

class StagingStore final : public db::Store {
 public:
  // `real` outlives this.
  explicit StagingStore(db::Store& real) : real_(real) {}

  [[nodiscard]] std::string_view Engine() const override {
    return real_.Engine();
  }
  [[nodiscard]] size_t kept() const { return kept_; }

  // Commits what was kept, and forgets it. The first failure, if any.
  [[nodiscard]] Status Flush();

 private:
  StatusOr<db::Rows> DoRead(const db::Keys& keys) override;
  void DoCommit(std::span<const db::Commit* const> commits,
                std::span<Status> results) override;
  StatusOr<std::vector<db::AccountRecord>> DoListAccounts(
      std::string_view after, size_t limit) override;
  StatusOr<std::vector<db::TokenRecord>> DoListTokens(db::TokenId after,
                                                      size_t limit) override;
  StatusOr<std::vector<db::ClientRecord>> DoListClients(db::ClientId after,
                                                        size_t limit) override;
  StatusOr<std::vector<db::DeviceRecord>> DoListDevices(
      const db::DeviceFilter& filter, db::DeviceId after) override;
  StatusOr<std::vector<db::BudgetRecord>> DoListBudgets(
      db::AccountId account) override;
  StatusOr<std::vector<db::AuditEntry>> DoListAudit(
      const db::AuditFilter& filter) override;
  StatusOr<std::string> DoGetServerSecret(std::string_view name) override;
  Status DoPutServerSecret(std::string_view name,
                           std::string_view sealed) override;
  Status DoTend(UnixTime now) override;

  void Keep(const db::Commit& commit);

  db::Store& real_;
  size_t kept_ = 0;
  std::vector<db::Commit> commits_;
  std::map<db::AccountId, db::AccountRecord> accounts_;
};

}  // namespace pawl::bench
