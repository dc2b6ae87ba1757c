#include "db/postgres/apply_commit.h"

#include <string>

#include "db/commit_steps.h"
#include "db/sql.h"

namespace pawl::db::postgres {
namespace {

// The view of a transaction that db/commit_steps.h asks for.
class Writer {
 public:
  explicit Writer(Connection& connection) : connection_(connection) {}

  // FOR SHARE: it keeps this version until the transaction has ended.
  template <typename Record>
  Status CheckVersion(uint64_t id, uint64_t version) {
    static const std::string kSql = "SELECT 1 FROM " +
                                    std::string(Table<Record>::kName) +
                                    " WHERE id = $1 AND version = $2 FOR SHARE";
    return RunOnOneRow(kSql, IdAndVersion(id, version));
  }

  template <typename Record>
  Status Insert(const Record& record) {
    static const std::string kSql = InsertSql<Record, '$'>();
    Params params;
    Table<Record>::Bind(record, params);
    return RunOnOneRow(kSql, params);
  }

  template <typename Record>
  Status Replace(const Record& before, const Record& after) {
    const RowChange<Record> change(before, after);
    Params params;
    change.Bind(params);
    return RunOnOneRow(MadeUpdateSql<Record, '$'>(change.columns()), params);
  }

  template <typename Record>
  Status Remove(const Record& record) {
    static const std::string kSql = DeleteSql<Record, '$'>();
    return RunOnOneRow(kSql, IdAndVersion(record.id.value, record.version));
  }

  Status PutAttempt(const AttemptRecord& attempt) {
    static const std::string kSql =
        InsertSql<AttemptRecord, '$'>() + OnAttemptConflict();
    Params params;
    Table<AttemptRecord>::Bind(attempt, params);
    return RunOnOneRow(kSql, params);
  }

  Status Append(const AuditEntry& entry) { return Insert(entry); }

 private:
  static Params IdAndVersion(uint64_t id, uint64_t version) {
    Params params;
    params.Int(static_cast<int64_t>(id)).Int(static_cast<int64_t>(version));
    return params;
  }

  // The number of rows is the answer: 0 means that the row is not what the
  // caller saw.
  Status RunOnOneRow(const std::string& sql, const Params& params) {
    PAWL_ASSIGN_OR_RETURN(const Result result, connection_.Run(sql, params));
    return result.changed() == 1 ? OkStatus()
                                 : Aborted("a row changed since it was read");
  }

  Connection& connection_;
};

// `sqlstate` becomes that of the statement that failed before the commit.
Status TryCommit(Connection& connection, const Commit& commit,
                 std::string& sqlstate) {
  PAWL_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(connection));
  Writer writer(connection);
  const Status status = WriteCommit(writer, commit);
  if (!status.ok()) {
    sqlstate = connection.sqlstate();
    return status;
  }
  return transaction.Commit();
}

}  // namespace

Status ApplyCommit(Connection& connection, const Commit& commit) {
  for (int tries = 1;; ++tries) {
    std::string sqlstate;
    Status status = TryCommit(connection, commit, sqlstate);
    if (!ShallRetry(sqlstate, tries)) {
      return status;
    }
  }
}

}  // namespace pawl::db::postgres
