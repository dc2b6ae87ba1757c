// MemoryStore: the reference engine. Nothing outlives the last connection.
//
// Thread safety: as Store says; one mutex.
#pragma once

#include <memory>

#include "db/store.h"

namespace pawl::db {

class MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  // Another store on the same rows, as a second process would have it.
  [[nodiscard]] std::unique_ptr<Store> Connect() const;

  [[nodiscard]] std::string_view Engine() const override { return "memory"; }

 private:
  struct State;
  class Writer;

  explicit MemoryStore(std::shared_ptr<State> state);

  StatusOr<Rows> DoRead(const Keys& keys) override;
  StatusOr<std::vector<AccountRecord>> DoListAccounts(std::string_view after,
                                                      size_t limit) override;
  StatusOr<std::vector<TokenRecord>> DoListTokens(TokenId after,
                                                  size_t limit) override;
  StatusOr<std::vector<ClientRecord>> DoListClients(ClientId after,
                                                    size_t limit) override;
  StatusOr<std::vector<DeviceRecord>> DoListDevices(const DeviceFilter& filter,
                                                    DeviceId after) override;
  StatusOr<std::vector<BudgetRecord>> DoListBudgets(AccountId account) override;
  StatusOr<std::vector<AuditEntry>> DoListAudit(
      const AuditFilter& filter) override;
  void DoCommit(std::span<const db::Commit* const> commits,
                std::span<Status> results) override;
  StatusOr<std::string> DoGetServerSecret(std::string_view name) override;
  Status DoPutServerSecret(std::string_view name,
                           std::string_view sealed) override;
  Status DoTend(UnixTime now) override;

  std::shared_ptr<State> state_;
};

}  // namespace pawl::db
