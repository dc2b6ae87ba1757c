#include "db/postgres/migrate.h"

#include <string>

namespace pawl::db::postgres {
namespace {

// "Pawl": the number of the lock that those who migrate wait for.
constexpr int64_t kLock = 0x5061776c;

// 0 for a database without our tables. Reading pg_class makes the session hear
// of what others have created; to_regclass() alone would not.
StatusOr<int64_t> VersionOf(Connection& connection, int64_t newest) {
  PAWL_ASSIGN_OR_RETURN(
      const Result table,
      connection.Run("SELECT count(*) FROM pg_catalog.pg_class"
                     " WHERE oid = to_regclass('pawl_schema')"));
  if (table.At(0).IntAt(0) != 1) {
    return 0;
  }
  PAWL_ASSIGN_OR_RETURN(
      const Result newest_row,
      connection.Run("SELECT coalesce(max(number), 0) FROM pawl_schema"));
  const int64_t version = newest_row.At(0).IntAt(0).value_or(0);
  PAWL_RETURN_IF_ERROR(CheckNotNewer(version, newest));
  return version;
}

// Another process may have done it since: looks again under the lock.
Status MigrateLocked(Connection& connection, const Migration& migration,
                     int64_t newest) {
  PAWL_RETURN_IF_ERROR(connection.Run("SELECT pg_advisory_xact_lock(" +
                                      std::to_string(kLock) + ")"));
  PAWL_ASSIGN_OR_RETURN(const int64_t version, VersionOf(connection, newest));
  if (version >= migration.number) {
    return OkStatus();
  }
  PAWL_RETURN_IF_ERROR(
      connection.Run("CREATE TABLE IF NOT EXISTS pawl_schema ("
                     "number bigint PRIMARY KEY,"
                     " applied timestamptz NOT NULL DEFAULT now())"));
  PAWL_RETURN_IF_ERROR(connection.Run(std::string(migration.sql)));
  return connection
      .Run("INSERT INTO pawl_schema (number) VALUES (" +
           std::to_string(migration.number) + ")")
      .status();
}

// A refusal in the words of who has to mend it.
Status Explain(const Status& status, std::string_view sqlstate) {
  if (sqlstate.empty()) {
    return status;
  }
  return FailedPrecondition(
      IsForbidden(sqlstate)
          ? "this role may not bring the schema up to date: start pawld once "
            "with the URL of the owner, and give this role its rights"
          : "the schema cannot be changed: " + MessageOf(status));
}

Status MigrateOne(Connection& connection, const Migration& migration,
                  int64_t newest) {
  PAWL_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(connection));
  const Status status = MigrateLocked(connection, migration, newest);
  if (!status.ok()) {
    return Explain(status, connection.sqlstate());
  }
  return transaction.Commit();
}

}  // namespace

Status Migrate(Connection& connection, std::span<const Migration> migrations) {
  const int64_t newest = migrations.back().number;
  const StatusOr<int64_t> version = VersionOf(connection, newest);
  if (!version.ok()) {
    return Explain(version.status(), connection.sqlstate());
  }
  for (const Migration& migration : migrations) {
    if (migration.number > *version) {
      PAWL_RETURN_IF_ERROR(MigrateOne(connection, migration, newest));
    }
  }
  return OkStatus();
}

}  // namespace pawl::db::postgres
