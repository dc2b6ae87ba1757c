#include "db/sqlite/sqlite_store.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "db/sqlite/apply_commits.h"
#include "db/sqlite/migrate.h"
#include "db/sqlite/migrations.h"
#include "db/sqlite/read_rows.h"
#include "db/sqlite/select.h"

namespace pawl::db {
namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::Number;
using sqlite::PageAfter;
using sqlite::Statement;
using sqlite::Text;
using sqlite::Transaction;

constexpr size_t kReaders = 8;
// A caller behind others gives up before its own deadline has long passed.
constexpr std::chrono::seconds kPatience{5};
// Rows of each kind: bounds how long one Tend() keeps the writer.
constexpr int64_t kSwept = 20000;
// What Tend() sweeps.
constexpr std::string_view kSweeps[] = {
    "DELETE FROM attempt WHERE key IN"
    " (SELECT key FROM attempt WHERE expires <= ?1 LIMIT ?2)",
    "DELETE FROM budget WHERE id IN"
    " (SELECT id FROM budget WHERE expires <= ?1 LIMIT ?2)",
    "DELETE FROM device WHERE id IN"
    " (SELECT id FROM device WHERE expires <= ?1 AND kind <> 1 LIMIT ?2)"};
static_assert(static_cast<int>(DeviceKind::kPassword) == 1);

using Lease = Pool<Connection>::Lease;

// What opens a connection for a pool; `file` outlives it.
Pool<Connection>::Open Opener(const sqlite::DatabaseFile& file, Access access) {
  return [&file, access]() -> StatusOr<std::unique_ptr<Connection>> {
    PAWL_RETURN_IF_ERROR(file.CheckInPlace());
    PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                          Connection::Open(file.path()));
    PAWL_RETURN_IF_ERROR(connection->Configure(access));
    return connection;
  };
}

}  // namespace

SqliteStore::SqliteStore(sqlite::DatabaseFile file)
    : file_(std::move(file)),
      readers_(kReaders, kPatience, Opener(file_, Access::kRead)),
      beside_(1, kPatience, Opener(file_, Access::kWrite)),
      writer_(1, kPatience,
              [this, open = Opener(file_, Access::kWrite)]()
                  -> StatusOr<std::unique_ptr<Connection>> {
                PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer,
                                      open());
                writer->WatchLog(
                    [this](int pages) { checkpointer_.LogHas(pages); });
                return writer;
              }),
      checkpointer_(beside_, writer_) {}

StatusOr<std::unique_ptr<Store>> SqliteStore::Open(
    const std::filesystem::path& path) {
  PAWL_ASSIGN_OR_RETURN(sqlite::DatabaseFile file,
                        sqlite::DatabaseFile::OpenOrCreate(path));
  PAWL_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                        Connection::Open(file.path()));
  PAWL_RETURN_IF_ERROR(sqlite::Migrate(*connection, SqliteMigrations()));
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(file)));
  // What will fail should fail now.
  PAWL_RETURN_IF_ERROR(store->readers_.Acquire());
  PAWL_RETURN_IF_ERROR(store->writer_.Acquire());
  return store;
}

template <typename Record, typename Bind>
StatusOr<std::vector<Record>> SqliteStore::FindAll(const std::string& sql,
                                                   Bind bind) {
  PAWL_ASSIGN_OR_RETURN(const Lease reader, readers_.Acquire());
  return sqlite::SelectAll<Record>(*reader, sql, bind);
}

template <typename Work>
Status SqliteStore::Write(Work work) {
  PAWL_ASSIGN_OR_RETURN(const Lease writer, writer_.Acquire());
  PAWL_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(*writer, Access::kWrite));
  PAWL_RETURN_IF_ERROR(work(*writer));
  PAWL_RETURN_IF_ERROR(file_.CheckInPlace());
  return transaction.Commit();
}

// One transaction for all: what it sees is from one moment.
StatusOr<Rows> SqliteStore::DoRead(const Keys& keys) {
  PAWL_ASSIGN_OR_RETURN(const Lease reader, readers_.Acquire());
  PAWL_ASSIGN_OR_RETURN(const Transaction moment,
                        Transaction::Begin(*reader, Access::kRead));
  return sqlite::ReadRows(*reader, keys);
}

// No login is NULL here: that is what hides the strangers.
StatusOr<std::vector<AccountRecord>> SqliteStore::DoListAccounts(
    std::string_view after, size_t limit) {
  static const std::string kSql =
      SelectSql<AccountRecord>("WHERE login > ?1 ORDER BY login LIMIT ?2");
  return FindAll<AccountRecord>(kSql, PageAfter(Text(after), limit));
}

StatusOr<std::vector<TokenRecord>> SqliteStore::DoListTokens(TokenId after,
                                                             size_t limit) {
  static const std::string kSql = SelectSql<TokenRecord>(
      "WHERE id > ?1 AND deleted = 0 ORDER BY id LIMIT ?2");
  return FindAll<TokenRecord>(kSql, PageAfter(Number(after.value), limit));
}

StatusOr<std::vector<ClientRecord>> SqliteStore::DoListClients(ClientId after,
                                                               size_t limit) {
  static const std::string kSql =
      SelectSql<ClientRecord>("WHERE id > ?1 ORDER BY id LIMIT ?2");
  return FindAll<ClientRecord>(kSql, PageAfter(Number(after.value), limit));
}

StatusOr<std::vector<DeviceRecord>> SqliteStore::DoListDevices(
    const DeviceFilter& filter, DeviceId after) {
  std::string where = "WHERE id > ?";
  where += filter.account ? " AND account_id = ?" : "";
  where += filter.idle_since ? " AND coalesce(last_used, created) < ?" : "";
  where += " ORDER BY id LIMIT ?";
  return FindAll<DeviceRecord>(SelectSql<DeviceRecord>(where),
                               [&](Statement& select) {
                                 Number(after.value)(select);
                                 if (filter.account) {
                                   Number(filter.account->value)(select);
                                 }
                                 if (filter.idle_since) {
                                   select.Int(ToUnixMillis(*filter.idle_since));
                                 }
                                 select.Int(static_cast<int64_t>(filter.limit));
                               });
}

StatusOr<std::vector<BudgetRecord>> SqliteStore::DoListBudgets(
    AccountId account) {
  static const std::string kSql =
      SelectSql<BudgetRecord>("WHERE account_id = ?1 LIMIT ?2");
  return FindAll<BudgetRecord>(kSql,
                               PageAfter(Number(account.value), kMaxPage));
}

StatusOr<std::vector<AuditEntry>> SqliteStore::DoListAudit(
    const AuditFilter& filter) {
  std::string where = "WHERE sequence < ?";
  where += filter.account ? " AND account_id = ?" : "";
  where += filter.token ? " AND token_id = ?" : "";
  where += " ORDER BY sequence DESC LIMIT ?";
  return FindAll<AuditEntry>(SelectSql<AuditEntry>(where),
                             [&](Statement& select) {
                               select.Int(filter.before_sequence);
                               if (filter.account) {
                                 Number(filter.account->value)(select);
                               }
                               if (filter.token) {
                                 Number(filter.token->value)(select);
                               }
                               select.Int(static_cast<int64_t>(filter.limit));
                             });
}

void SqliteStore::DoCommit(std::span<const db::Commit* const> commits,
                           std::span<Status> results) {
  const Status status = Write([&](Connection& connection) {
    return sqlite::ApplyCommits(connection, commits, results);
  });
  if (!status.ok()) {
    for (Status& result : results) {
      result = result.ok() ? status : result;
    }
  }
}

StatusOr<std::string> SqliteStore::DoGetServerSecret(std::string_view name) {
  PAWL_ASSIGN_OR_RETURN(const Lease reader, readers_.Acquire());
  PAWL_ASSIGN_OR_RETURN(
      Statement select,
      reader->Prepare("SELECT sealed FROM server_secret WHERE name = ?1"));
  select.Text(name);
  PAWL_ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) {
    return NotFound("server secret not found");
  }
  const std::optional<std::string_view> sealed = select.BlobAt(0);
  if (!sealed.has_value() || sealed->empty()) {
    return DataLoss("row " + std::string(name) +
                    " of table server_secret has an impossible sealed");
  }
  return std::string(*sealed);
}

Status SqliteStore::DoPutServerSecret(std::string_view name,
                                      std::string_view sealed) {
  return Write([&](Connection& connection) {
    PAWL_ASSIGN_OR_RETURN(
        Statement insert,
        connection.Prepare(
            "INSERT INTO server_secret (name, sealed) VALUES (?1, ?2)"));
    return insert.Text(name).Blob(sealed).Run();
  });
}

Status SqliteStore::DoTend(UnixTime now) {
  return Write([&](Connection& connection) {
    PAWL_ASSIGN_OR_RETURN(
        Statement beat,
        connection.Prepare("INSERT INTO heartbeat (id, at) VALUES (1, ?1)"
                           " ON CONFLICT (id) DO UPDATE SET at = excluded.at"));
    PAWL_RETURN_IF_ERROR(beat.Int(ToUnixMillis(now)).Run());
    for (const std::string_view sql : kSweeps) {
      PAWL_ASSIGN_OR_RETURN(Statement sweep, connection.Prepare(sql));
      PAWL_RETURN_IF_ERROR(sweep.Int(ToUnixMillis(now)).Int(kSwept).Run());
    }
    return OkStatus();
  });
}

}  // namespace pawl::db
