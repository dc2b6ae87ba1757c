// SqliteStore: the embedded engine, one file for one machine.
//
// One connection writes, a few read; WAL, synchronous=FULL. What the reads of
// one call return is from one moment, and at least as new as every commit that
// was acknowledged before the call.
//
// Thread safety: as Store says.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "db/pool.h"
#include "db/sqlite/checkpointer.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/database_file.h"
#include "db/store.h"

namespace pawl::db {

class SqliteStore final : public Store {
 public:
  // Creates and migrates as OpenStore() says. DATA_LOSS when the file is no
  // database.
  [[nodiscard]] static StatusOr<std::unique_ptr<Store>> Open(
      const std::filesystem::path& path);

  [[nodiscard]] std::string_view Engine() const override { return "sqlite"; }

 private:
  explicit SqliteStore(sqlite::DatabaseFile file);

  // Runs a SELECT whose parameters `bind(statement)` binds.
  template <typename Record, typename Bind>
  StatusOr<std::vector<Record>> FindAll(const std::string& sql, Bind bind);
  // Runs `work(connection)` in a write transaction and commits when it is OK.
  template <typename Work>
  Status Write(Work work);

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

  const sqlite::DatabaseFile file_;
  Pool<sqlite::Connection> readers_;
  Pool<sqlite::Connection> beside_;  // for checkpoints while commits go on
  Pool<sqlite::Connection> writer_;
  sqlite::Checkpointer checkpointer_;
};

}  // namespace pawl::db
