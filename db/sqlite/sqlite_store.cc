#include "db/sqlite/sqlite_store.h"

#include <string_view>
#include <utility>

#include "db/sqlite/apply_commit.h"
#include "db/sqlite/migrate.h"
#include "db/sqlite/migrations.h"
#include "db/sqlite/sql.h"

namespace pawl::db {
namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::Pool;
using sqlite::ReadRow;
using sqlite::SelectSql;
using sqlite::Statement;
using sqlite::Transaction;

constexpr size_t kReaders = 8;
// Bounds how long one Tend() keeps the writer.
constexpr int64_t kSweptAttempts = 20000;

// What binds the parameters of a statement.
auto Number(uint64_t value) {
  return [value](Statement& statement) {
    statement.Int(static_cast<int64_t>(value));
  };
}
auto Text(std::string_view value) {
  return [value](Statement& statement) { statement.Text(value); };
}
auto Blob(std::string_view value) {
  return [value](Statement& statement) { statement.Blob(value); };
}
template <typename Key>
auto PageAfter(Key key, size_t limit) {
  return [key, limit](Statement& statement) {
    key(statement);
    statement.Int(static_cast<int64_t>(limit));
  };
}

template <typename Record, typename Bind>
StatusOr<Record> SelectOne(Connection& connection, const std::string& sql,
                           Bind bind) {
  PAWL_ASSIGN_OR_RETURN(Statement select, connection.Prepare(sql));
  bind(select);
  PAWL_ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) {
    return NotFound(std::string(sqlite::Table<Record>::kName) + " not found");
  }
  return ReadRow<Record>(select);
}

template <typename Record, typename Bind>
StatusOr<std::vector<Record>> SelectAll(Connection& connection,
                                        const std::string& sql, Bind bind) {
  PAWL_ASSIGN_OR_RETURN(Statement select, connection.Prepare(sql));
  bind(select);
  std::vector<Record> records;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) {
      return records;
    }
    PAWL_ASSIGN_OR_RETURN(Record record, ReadRow<Record>(select));
    records.push_back(std::move(record));
  }
}

}  // namespace

SqliteStore::SqliteStore(sqlite::DatabaseFile file)
    : file_(std::move(file)),
      readers_(file_, Access::kRead, kReaders),
      writer_(file_, Access::kWrite, 1) {}

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
StatusOr<Record> SqliteStore::FindOne(const std::string& sql, Bind bind) {
  PAWL_ASSIGN_OR_RETURN(const Pool::Lease reader, readers_.Acquire());
  return SelectOne<Record>(*reader, sql, bind);
}

template <typename Record, typename Bind>
StatusOr<std::vector<Record>> SqliteStore::FindAll(const std::string& sql,
                                                   Bind bind) {
  PAWL_ASSIGN_OR_RETURN(const Pool::Lease reader, readers_.Acquire());
  return SelectAll<Record>(*reader, sql, bind);
}

template <typename Bind>
StatusOr<AccountSnapshot> SqliteStore::FindSnapshot(const std::string& sql,
                                                    Bind bind) {
  static const std::string kTokens =
      SelectSql<TokenRecord>("WHERE account_id = ?1 ORDER BY id");
  PAWL_ASSIGN_OR_RETURN(const Pool::Lease reader, readers_.Acquire());
  PAWL_ASSIGN_OR_RETURN(const Transaction moment,
                        Transaction::Begin(*reader, Access::kRead));
  AccountSnapshot snapshot;
  PAWL_ASSIGN_OR_RETURN(snapshot.account,
                        SelectOne<AccountRecord>(*reader, sql, bind));
  PAWL_ASSIGN_OR_RETURN(
      snapshot.tokens,
      SelectAll<TokenRecord>(*reader, kTokens,
                             Number(snapshot.account.id.value)));
  return snapshot;
}

template <typename Work>
Status SqliteStore::Write(Work work) {
  PAWL_ASSIGN_OR_RETURN(const Pool::Lease writer, writer_.Acquire());
  PAWL_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(*writer, Access::kWrite));
  PAWL_RETURN_IF_ERROR(work(*writer));
  PAWL_RETURN_IF_ERROR(file_.CheckInPlace());
  return transaction.Commit();
}

StatusOr<AccountSnapshot> SqliteStore::DoFindAccount(std::string_view login) {
  static const std::string kSql = SelectSql<AccountRecord>("WHERE login = ?1");
  return FindSnapshot(kSql, Text(login));
}

StatusOr<AccountSnapshot> SqliteStore::DoGetAccount(AccountId id) {
  static const std::string kSql = SelectSql<AccountRecord>("WHERE id = ?1");
  return FindSnapshot(kSql, Number(id.value));
}

StatusOr<TokenRecord> SqliteStore::DoGetToken(TokenId id) {
  static const std::string kSql =
      SelectSql<TokenRecord>("WHERE id = ?1 AND deleted = 0");
  return FindOne<TokenRecord>(kSql, Number(id.value));
}

StatusOr<TokenRecord> SqliteStore::DoFindToken(std::string_view public_id) {
  static const std::string kSql =
      SelectSql<TokenRecord>("WHERE public_id = ?1");
  return FindOne<TokenRecord>(kSql, Text(public_id));
}

StatusOr<TokenRecord> SqliteStore::DoFindFingerprint(
    std::string_view fingerprint) {
  static const std::string kSql =
      SelectSql<TokenRecord>("WHERE fingerprint = ?1");
  return FindOne<TokenRecord>(kSql, Blob(fingerprint));
}

StatusOr<ClientRecord> SqliteStore::DoGetClient(ClientId id) {
  static const std::string kSql = SelectSql<ClientRecord>("WHERE id = ?1");
  return FindOne<ClientRecord>(kSql, Number(id.value));
}

StatusOr<AttemptRecord> SqliteStore::DoGetAttempt(std::string_view key) {
  static const std::string kSql = SelectSql<AttemptRecord>("WHERE key = ?1");
  return FindOne<AttemptRecord>(kSql, Blob(key));
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

Status SqliteStore::DoCommit(const db::Commit& commit) {
  return Write([&](Connection& connection) {
    return sqlite::ApplyCommit(connection, commit);
  });
}

StatusOr<std::string> SqliteStore::DoGetServerSecret(std::string_view name) {
  PAWL_ASSIGN_OR_RETURN(const Pool::Lease reader, readers_.Acquire());
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
    PAWL_ASSIGN_OR_RETURN(
        Statement sweep,
        connection.Prepare("DELETE FROM attempt WHERE key IN (SELECT key FROM"
                           " attempt WHERE expires <= ?1 LIMIT ?2)"));
    return sweep.Int(ToUnixMillis(now)).Int(kSweptAttempts).Run();
  });
}

}  // namespace pawl::db
