// PostgresStore: the engine for many servers on one database.
//
// One connection writes, a few read; each is checked to be on a writable
// primary whenever it is made, and made anew when it breaks. How safe a commit
// is beyond the server's own disk is for the cluster's settings to say:
// docs/postgresql.md.
//
// Thread safety: as Store says.
#pragma once

#include <memory>
#include <string>

#include "db/pool.h"
#include "db/postgres/connection.h"
#include "db/store.h"

namespace pawl::db {

class PostgresStore final : public Store {
 public:
  // `url` is libpq's: postgresql://... or postgres://.... Migrates as
  // OpenStore() says. FAILED_PRECONDITION also when commits would not be
  // durable (fsync is off) or the schema is old and the role may not change it.
  [[nodiscard]] static StatusOr<std::unique_ptr<Store>> Open(
      const std::string& url, const postgres::Patience& patience = {});

  [[nodiscard]] std::string_view Engine() const override {
    return "postgresql";
  }

 private:
  PostgresStore(const std::string& conninfo,
                const postgres::Patience& patience);

  // Runs `read(connection)`; once more on a new connection when the first one
  // turns out to be broken.
  template <typename Work>
  auto WithReader(Work read)
      -> decltype(read(std::declval<postgres::Connection&>()));
  template <typename Record>
  StatusOr<std::vector<Record>> FindAll(const std::string& sql,
                                        const postgres::Params& params);
  // Runs one statement that writes.
  Status Write(const std::string& sql, const postgres::Params& params);

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

  const postgres::Patience patience_;
  postgres::Watchdog watchdog_;
  Pool<postgres::Connection> readers_;
  Pool<postgres::Connection> writer_;
};

}  // namespace pawl::db
