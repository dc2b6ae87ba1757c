#include "db/sqlite/apply_commits.h"

#include <string>
#include <tuple>

#include "db/commit_steps.h"
#include "db/sql.h"

namespace pawl::db::sqlite {
namespace {

constexpr char kMark = '?';  // begins a parameter

// The view of a transaction that db/commit_steps.h asks for.
class Writer {
 public:
  explicit Writer(Connection& connection) : connection_(connection) {}

  template <typename Record>
  Status CheckVersion(uint64_t id, uint64_t version) {
    Checked<Record>& checked = std::get<Checked<Record>>(checked_);
    if (checked.id == id && checked.version == version) {
      return OkStatus();
    }
    static const std::string kSql = "SELECT 1 FROM " +
                                    std::string(Table<Record>::kName) +
                                    " WHERE id = ?1 AND version = ?2";
    PAWL_ASSIGN_OR_RETURN(Statement select, connection_.Prepare(kSql));
    select.Int(static_cast<int64_t>(id)).Int(static_cast<int64_t>(version));
    PAWL_ASSIGN_OR_RETURN(const bool same, select.Step());
    if (!same) {
      return Changed();
    }
    checked = {.id = id, .version = version};
    return OkStatus();
  }

  template <typename Record>
  Status Insert(const Record& record) {
    static const std::string kSql = InsertSql<Record, kMark>();
    PAWL_ASSIGN_OR_RETURN(Statement insert, connection_.Prepare(kSql));
    Table<Record>::Bind(record, insert);
    return insert.Run();
  }

  template <typename Record>
  Status Replace(const Record& before, const Record& after) {
    std::get<Checked<Record>>(checked_) = {};
    const RowChange<Record> change(before, after);
    PAWL_ASSIGN_OR_RETURN(
        Statement update,
        connection_.Prepare(MadeUpdateSql<Record, kMark>(change.columns())));
    change.Bind(update);
    return RunOnOneRow(update);
  }

  template <typename Record>
  Status Remove(const Record& record) {
    std::get<Checked<Record>>(checked_) = {};
    static const std::string kSql = DeleteSql<Record, kMark>();
    PAWL_ASSIGN_OR_RETURN(Statement remove, connection_.Prepare(kSql));
    remove.Int(static_cast<int64_t>(record.id.value))
        .Int(static_cast<int64_t>(record.version));
    return RunOnOneRow(remove);
  }

  // Takes the place of an attempt that had expired when this one began.
  Status PutAttempt(const AttemptRecord& attempt) {
    static const std::string kSql =
        InsertSql<AttemptRecord, kMark>() + OnAttemptConflict();
    PAWL_ASSIGN_OR_RETURN(Statement put, connection_.Prepare(kSql));
    Table<AttemptRecord>::Bind(attempt, put);
    return RunOnOneRow(put);
  }

  Status Append(const AuditEntry& entry) { return Insert(entry); }

 private:
  // The version that was found last; not known again after a row of that table
  // was written. Most checks of a batch come from one client.
  template <typename Record>
  struct Checked {
    uint64_t id = 0;
    uint64_t version = 0;
  };

  // The number of changed rows is the answer: 0 means that the row is not
  // what the caller saw.
  Status RunOnOneRow(Statement& statement) {
    PAWL_RETURN_IF_ERROR(statement.Run());
    return connection_.Changes() == 1 ? OkStatus() : Changed();
  }

  static Status Changed() { return Aborted("a row changed since it was read"); }

  Connection& connection_;
  std::tuple<Checked<AccountRecord>, Checked<TokenRecord>,
             Checked<ClientRecord>, Checked<DeviceRecord>,
             Checked<BudgetRecord>>
      checked_;
};

Status Run(Connection& connection, std::string_view sql) {
  PAWL_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql));
  return statement.Run();
}

// True for what is wrong with one commit; anything else is wrong with the
// database.
bool IsOfCommit(const Status& status) {
  return status.code() == StatusCode::kAborted ||
         status.code() == StatusCode::kAlreadyExists ||
         status.code() == StatusCode::kInternal;
}

// Appending to the audit can fail only when the database does not work. So a
// commit with one other write leaves nothing when that fails, and needs no
// savepoint.
size_t WritesThatMayFail(const Commit& commit) {
  return commit.accounts.size() + commit.tokens.size() + commit.clients.size() +
         commit.devices.size() + commit.budgets.size() +
         (commit.attempt.has_value() ? 1 : 0);
}

}  // namespace

Status ApplyCommits(Connection& connection,
                    std::span<const Commit* const> commits,
                    std::span<Status> results) {
  Writer writer(connection);
  for (size_t i = 0; i < commits.size(); ++i) {
    const bool may_leave_half = WritesThatMayFail(*commits[i]) > 1;
    if (may_leave_half) {
      PAWL_RETURN_IF_ERROR(Run(connection, "SAVEPOINT one"));
    }
    results[i] = WriteCommit(writer, *commits[i]);
    if (!results[i].ok() && !IsOfCommit(results[i])) {
      return results[i];
    }
    if (may_leave_half && !results[i].ok()) {
      PAWL_RETURN_IF_ERROR(Run(connection, "ROLLBACK TO one"));
    }
    if (may_leave_half) {
      PAWL_RETURN_IF_ERROR(Run(connection, "RELEASE one"));
    }
  }
  return OkStatus();
}

}  // namespace pawl::db::sqlite
