#include "db/sqlite/migrate.h"

#include <chrono>
#include <string>
#include <thread>

namespace pawl::db::sqlite {
namespace {

// For new files. A commit writes whole pages, each with one row of some hundred
// bytes that changed: half of the usual size is less to sum and to write.
constexpr int kPageBytes = 2048;

// The schema version of a file that is ours or empty. Wants a transaction, so
// that what it reads is from one moment.
StatusOr<int64_t> VersionOf(Connection& connection, int64_t newest) {
  PAWL_ASSIGN_OR_RETURN(const int64_t application,
                        connection.QueryInt("PRAGMA application_id"));
  PAWL_ASSIGN_OR_RETURN(
      const int64_t objects,
      connection.QueryInt("SELECT count(*) FROM sqlite_schema"));
  const bool empty = application == 0 && objects == 0;
  if (!empty && application != kApplicationId) {
    return FailedPrecondition("not a database of Pawl: application_id is " +
                              std::to_string(application));
  }
  PAWL_ASSIGN_OR_RETURN(const int64_t version,
                        connection.QueryInt("PRAGMA user_version"));
  PAWL_RETURN_IF_ERROR(CheckNotNewer(version, newest));
  return version;
}

// The switch may fail at once where other statements wait for a lock, so two
// processes that start together need a second try.
Status SwitchToWal(Connection& connection) {
  constexpr std::chrono::seconds kPatience{2};
  constexpr std::chrono::milliseconds kPause{20};
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    Status status =
        connection.Execute("PRAGMA page_size = " + std::to_string(kPageBytes) +
                           ";PRAGMA journal_mode = WAL");
    if (status.code() != StatusCode::kUnavailable ||
        std::chrono::steady_clock::now() > deadline) {
      return status;
    }
    std::this_thread::sleep_for(kPause);
  }
}

StatusOr<int64_t> LookAtVersion(Connection& connection, int64_t newest) {
  PAWL_ASSIGN_OR_RETURN(const Transaction moment,
                        Transaction::Begin(connection, Access::kRead));
  return VersionOf(connection, newest);
}

// Another process may have done it since: looks again under the write lock.
Status MigrateOne(Connection& connection, const Migration& migration,
                  int64_t newest) {
  PAWL_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(connection, Access::kWrite));
  PAWL_ASSIGN_OR_RETURN(const int64_t version, VersionOf(connection, newest));
  if (version >= migration.number) {
    return OkStatus();
  }
  PAWL_RETURN_IF_ERROR(connection.Execute(std::string(migration.sql)));
  PAWL_RETURN_IF_ERROR(connection.Execute("PRAGMA application_id = " +
                                          std::to_string(kApplicationId)));
  PAWL_RETURN_IF_ERROR(connection.Execute("PRAGMA user_version = " +
                                          std::to_string(migration.number)));
  return transaction.Commit();
}

}  // namespace

Status Migrate(Connection& connection, std::span<const Migration> migrations) {
  const int64_t newest = migrations.back().number;
  PAWL_ASSIGN_OR_RETURN(const int64_t version,
                        LookAtVersion(connection, newest));
  PAWL_RETURN_IF_ERROR(SwitchToWal(connection));
  PAWL_RETURN_IF_ERROR(connection.Configure(Access::kWrite));
  for (const Migration& migration : migrations) {
    if (migration.number > version) {
      PAWL_RETURN_IF_ERROR(MigrateOne(connection, migration, newest));
    }
  }
  return OkStatus();
}

}  // namespace pawl::db::sqlite
