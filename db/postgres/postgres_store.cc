#include "db/postgres/postgres_store.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "db/postgres/batch.h"
#include "db/postgres/conninfo.h"
#include "db/postgres/migrate.h"
#include "db/postgres/migrations.h"
#include "db/postgres/read.h"
#include "db/row_reader.h"
#include "db/sql.h"

namespace pawl::db {
namespace {

using postgres::Connection;
using postgres::Params;
using postgres::Patience;
using postgres::Result;

constexpr size_t kReaders = 4;
// Rows of each kind: bounds how long one Tend() keeps the writer.
constexpr int64_t kSwept = 20000;

// Of the connection that migrates: large tables take their time.
constexpr std::chrono::minutes kMigration{30};
constexpr Patience kMigrationPatience{.lock = kMigration,
                                      .statement = kMigration,
                                      .answer = kMigration,
                                      .turn = kMigration};

template <typename Record>
StatusOr<std::vector<Record>> ReadAll(const Result& result) {
  std::vector<Record> records;
  for (size_t row = 0; row < result.size(); ++row) {
    PAWL_ASSIGN_OR_RETURN(Record record, ReadRow<Record>(result.At(row)));
    records.push_back(std::move(record));
  }
  return records;
}

Params PageAfter(uint64_t id, size_t limit) {
  Params params;
  params.Int(static_cast<int64_t>(id)).Int(static_cast<int64_t>(limit));
  return params;
}

using Lease = Pool<Connection>::Lease;

// What opens a connection for a pool; `watchdog` outlives it.
Pool<Connection>::Open Opener(const std::string& conninfo,
                              const Patience& patience,
                              postgres::Watchdog& watchdog) {
  return [conninfo, patience, &watchdog] {
    return Connection::Open(conninfo, patience, watchdog);
  };
}

// After Open() there is nobody to mend the server's settings at once.
Status AtRunTime(const Status& status) {
  return status.code() == StatusCode::kFailedPrecondition
             ? Unavailable(MessageOf(status))
             : status;
}

}  // namespace

PostgresStore::PostgresStore(const std::string& conninfo,
                             const Patience& patience)
    : patience_(patience),
      readers_(kReaders, patience.turn, Opener(conninfo, patience, watchdog_)),
      writer_(1, patience.turn, Opener(conninfo, patience, watchdog_)) {}

StatusOr<std::unique_ptr<Store>> PostgresStore::Open(const std::string& url,
                                                     const Patience& patience) {
  PAWL_ASSIGN_OR_RETURN(const std::string conninfo, postgres::Conninfo(url));
  std::unique_ptr<PostgresStore> store(new PostgresStore(conninfo, patience));
  {
    PAWL_ASSIGN_OR_RETURN(
        const std::unique_ptr<Connection> connection,
        Connection::Open(conninfo, kMigrationPatience, store->watchdog_));
    PAWL_RETURN_IF_ERROR(postgres::Migrate(*connection, PostgresMigrations()));
  }
  // What will fail should fail now.
  PAWL_RETURN_IF_ERROR(store->readers_.Acquire());
  PAWL_RETURN_IF_ERROR(store->writer_.Acquire());
  return store;
}

template <typename Work>
auto PostgresStore::WithReader(Work read)
    -> decltype(read(std::declval<Connection&>())) {
  bool broken = false;
  const auto try_once = [&]() -> decltype(read(std::declval<Connection&>())) {
    StatusOr<Lease> reader = readers_.Acquire();
    if (!reader.ok()) {
      return AtRunTime(reader.status());
    }
    auto result = read(**reader);
    broken = !(*reader)->Usable();
    return result;
  };
  auto result = try_once();
  return !result.ok() && broken ? try_once() : std::move(result);
}

template <typename Record>
StatusOr<std::vector<Record>> PostgresStore::FindAll(const std::string& sql,
                                                     const Params& params) {
  return WithReader(
      [&](Connection& connection) -> StatusOr<std::vector<Record>> {
        PAWL_ASSIGN_OR_RETURN(const Result result, connection.Run(sql, params));
        return ReadAll<Record>(result);
      });
}

Status PostgresStore::Write(const std::string& sql, const Params& params) {
  const StatusOr<Lease> writer = writer_.Acquire();
  return writer.ok() ? (*writer)->Write(sql, params).status()
                     : AtRunTime(writer.status());
}

StatusOr<Rows> PostgresStore::DoRead(const Keys& keys) {
  return WithReader(
      [&](Connection& connection) { return postgres::Read(connection, keys); });
}

// No login is NULL here: that is what hides the strangers.
StatusOr<std::vector<AccountRecord>> PostgresStore::DoListAccounts(
    std::string_view after, size_t limit) {
  static const std::string kSql =
      SelectSql<AccountRecord>("WHERE login > $1 ORDER BY login LIMIT $2");
  Params params;
  params.Text(after).Int(static_cast<int64_t>(limit));
  return FindAll<AccountRecord>(kSql, params);
}

StatusOr<std::vector<TokenRecord>> PostgresStore::DoListTokens(TokenId after,
                                                               size_t limit) {
  static const std::string kSql = SelectSql<TokenRecord>(
      "WHERE id > $1 AND NOT deleted ORDER BY id LIMIT $2");
  return FindAll<TokenRecord>(kSql, PageAfter(after.value, limit));
}

StatusOr<std::vector<ClientRecord>> PostgresStore::DoListClients(ClientId after,
                                                                 size_t limit) {
  static const std::string kSql =
      SelectSql<ClientRecord>("WHERE id > $1 ORDER BY id LIMIT $2");
  return FindAll<ClientRecord>(kSql, PageAfter(after.value, limit));
}

StatusOr<std::vector<DeviceRecord>> PostgresStore::DoListDevices(
    const DeviceFilter& filter, DeviceId after) {
  Params params = PageAfter(after.value, filter.limit);
  std::string where = "WHERE id > $1";
  int next = 3;
  if (filter.account) {
    where += " AND account_id = $" + std::to_string(next++);
    params.Int(static_cast<int64_t>(filter.account->value));
  }
  if (filter.idle_since) {
    where += " AND coalesce(last_used, created) < $" + std::to_string(next++);
    params.Int(ToUnixMillis(*filter.idle_since));
  }
  where += " ORDER BY id LIMIT $2";
  return FindAll<DeviceRecord>(SelectSql<DeviceRecord>(where), params);
}

StatusOr<std::vector<BudgetRecord>> PostgresStore::DoListBudgets(
    AccountId account) {
  static const std::string kSql =
      SelectSql<BudgetRecord>("WHERE account_id = $1 LIMIT $2");
  return FindAll<BudgetRecord>(kSql, PageAfter(account.value, kMaxPage));
}

StatusOr<std::vector<AuditEntry>> PostgresStore::DoListAudit(
    const AuditFilter& filter) {
  Params params;
  params.Int(filter.before_sequence).Int(static_cast<int64_t>(filter.limit));
  std::string where = "WHERE sequence < $1";
  int next = 3;
  if (filter.account) {
    where += " AND account_id = $" + std::to_string(next++);
    params.Int(static_cast<int64_t>(filter.account->value));
  }
  if (filter.token) {
    where += " AND token_id = $" + std::to_string(next++);
    params.Int(static_cast<int64_t>(filter.token->value));
  }
  where += " ORDER BY sequence DESC LIMIT $2";
  return FindAll<AuditEntry>(SelectSql<AuditEntry>(where), params);
}

void PostgresStore::DoCommit(std::span<const db::Commit* const> commits,
                             std::span<Status> results) {
  const StatusOr<Lease> writer = writer_.Acquire();
  if (!writer.ok()) {
    std::fill(results.begin(), results.end(), AtRunTime(writer.status()));
    return;
  }
  postgres::WriteBatch(**writer, patience_.answer, commits, results);
}

StatusOr<std::string> PostgresStore::DoGetServerSecret(std::string_view name) {
  return WithReader([&](Connection& connection) -> StatusOr<std::string> {
    Params params;
    params.Text(name);
    PAWL_ASSIGN_OR_RETURN(
        const Result result,
        connection.Run("SELECT sealed FROM server_secret WHERE name = $1",
                       params));
    if (result.size() == 0) {
      return NotFound("server secret not found");
    }
    std::optional<std::string> sealed = result.At(0).BlobAt(0);
    if (!sealed.has_value() || sealed->empty()) {
      return DataLoss("row " + std::string(name) +
                      " of table server_secret has an impossible sealed");
    }
    return *std::move(sealed);
  });
}

Status PostgresStore::DoPutServerSecret(std::string_view name,
                                        std::string_view sealed) {
  Params params;
  params.Text(name).Blob(sealed);
  return Write("INSERT INTO server_secret (name, sealed) VALUES ($1, $2)",
               params);
}

// Rows that another server is sweeping are left to it.
Status PostgresStore::DoTend(UnixTime now) {
  const auto sweep = [](std::string_view table, std::string_view key,
                        std::string_view more) {
    std::string sql = "DELETE FROM ";
    sql += table;
    sql += " WHERE ";
    sql += key;
    sql += " = ANY (ARRAY(SELECT ";
    sql += key;
    sql += " FROM ";
    sql += table;
    sql += " WHERE expires <= $1";
    sql += more;
    return sql + " ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED))";
  };
  static_assert(static_cast<int>(DeviceKind::kPassword) == 1);
  static const std::string kSql =
      "WITH beat AS (INSERT INTO heartbeat (id, at) VALUES (1, $1)"
      " ON CONFLICT (id) DO UPDATE SET at = excluded.at), budgets AS (" +
      sweep("budget", "id", "") + "), sessions AS (" +
      sweep("device", "id", " AND kind <> 1") + ") " +
      sweep("attempt", "key", "");
  Params params;
  params.Int(ToUnixMillis(now)).Int(kSwept);
  return Write(kSql, params);
}

}  // namespace pawl::db
