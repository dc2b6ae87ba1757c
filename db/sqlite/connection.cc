#include "db/sqlite/connection.h"

namespace pawl::db::sqlite {
namespace {

// How long a statement waits for the lock of another process.
constexpr int kBusyTimeoutMillis = 2000;
constexpr int64_t kSynchronousFull = 2;

StatusCode CodeOf(int result) {
  switch (result) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return StatusCode::kAlreadyExists;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return StatusCode::kAborted;
    default:
      break;
  }
  constexpr int kPrimaryCode = 0xff;
  switch (result & kPrimaryCode) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StatusCode::kDataLoss;
    default:
      return StatusCode::kInternal;
  }
}

// SQLite's messages name tables and columns, never values.
Status ErrorOf(sqlite3* database, int result) {
  const StatusCode code = CodeOf(result);
  std::string message = sqlite3_errmsg(database);
  if (code == StatusCode::kAlreadyExists) {
    // "UNIQUE constraint failed: account.login"
    return AlreadyExists(message.substr(message.rfind('.') + 1) + " is taken");
  }
  message += " (sqlite ";
  message += std::to_string(result);
  message += ')';
  return MakeStatus(code, message);
}

// SQLite takes a null pointer for NULL, even with size 0.
const char* DataOf(std::string_view value) {
  return value.empty() ? "" : value.data();
}

std::string_view View(const void* data, int size) {
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

}  // namespace

Statement::~Statement() {
  if (statement_ != nullptr) {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_),
      bind_error_(other.bind_error_) {}

void Statement::Bound(int result) {
  if (bind_error_ == SQLITE_OK) {
    bind_error_ = result;
  }
}

Statement& Statement::Int(int64_t value) {
  Bound(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Statement& Statement::Text(std::string_view value) {
  Bound(sqlite3_bind_text64(statement_, ++bound_, DataOf(value), value.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::Blob(std::string_view value) {
  Bound(sqlite3_bind_blob64(statement_, ++bound_, DataOf(value), value.size(),
                            SQLITE_STATIC));
  return *this;
}

Statement& Statement::Null() {
  Bound(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

StatusOr<bool> Statement::Step() {
  const int result =
      bind_error_ == SQLITE_OK ? sqlite3_step(statement_) : bind_error_;
  if (result == SQLITE_ROW || result == SQLITE_DONE) {
    return result == SQLITE_ROW;
  }
  return ErrorOf(sqlite3_db_handle(statement_), result);
}

Status Statement::Run() {
  PAWL_ASSIGN_OR_RETURN(const bool row, Step());
  return row ? Internal("a statement gave an unexpected row") : OkStatus();
}

std::optional<int64_t> Statement::IntAt(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) {
    return std::nullopt;
  }
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::string_view> Statement::TextAt(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) {
    return std::nullopt;
  }
  const unsigned char* text = sqlite3_column_text(statement_, column);
  return View(text, sqlite3_column_bytes(statement_, column));
}

std::optional<std::string_view> Statement::BlobAt(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_BLOB) {
    return std::nullopt;
  }
  const void* blob = sqlite3_column_blob(statement_, column);
  return View(blob, sqlite3_column_bytes(statement_, column));
}

bool Statement::IsNullAt(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const std::filesystem::path& path) {
  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(
      path.c_str(), &database,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  // Even a failed open leaves something to ask and to close.
  std::unique_ptr<Connection> connection(new Connection(database));
  if (result != SQLITE_OK) {
    return ErrorOf(database, result);
  }
  if (sqlite3_db_readonly(database, "main") != 0) {
    return Unavailable(path.native() + " is read-only");
  }
  sqlite3_busy_timeout(database, kBusyTimeoutMillis);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return connection;
}

Status Connection::Configure(Access access) {
  PAWL_RETURN_IF_ERROR(
      Execute("PRAGMA synchronous = FULL;"
              "PRAGMA foreign_keys = ON;"
              "PRAGMA trusted_schema = OFF;"));
  // The writer's cache holds the pages that checks come back to.
  PAWL_RETURN_IF_ERROR(Execute(access == Access::kRead
                                   ? "PRAGMA query_only = ON;"
                                     "PRAGMA cache_size = -4096;"
                                   : "PRAGMA cache_size = -32768;"
                                     "PRAGMA temp_store = MEMORY;"));
  PAWL_ASSIGN_OR_RETURN(const int64_t synchronous,
                        QueryInt("PRAGMA synchronous"));
  PAWL_ASSIGN_OR_RETURN(const std::string journal,
                        QueryText("PRAGMA journal_mode"));
  if (synchronous != kSynchronousFull || journal != "wal") {
    return FailedPrecondition("commits would not be durable: journal_mode is " +
                              journal + ", synchronous is " +
                              std::to_string(synchronous));
  }
  return OkStatus();
}

StatusOr<Statement> Connection::Prepare(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    return Statement(found->second.get());
  }
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(
      database_.get(), sql.data(), static_cast<int>(sql.size()),
      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) {
    return ErrorOf(database_.get(), result);
  }
  statements_.emplace(sql, statement);
  return Statement(statement);
}

Status Connection::Execute(const std::string& sql) {
  const int result =
      sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? OkStatus() : ErrorOf(database_.get(), result);
}

StatusOr<int64_t> Connection::QueryInt(std::string_view sql) {
  PAWL_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  PAWL_ASSIGN_OR_RETURN(const bool row, statement.Step());
  const std::optional<int64_t> value = row ? statement.IntAt(0) : std::nullopt;
  return value.has_value() ? StatusOr<int64_t>(*value)
                           : Internal("expected a number");
}

StatusOr<std::string> Connection::QueryText(std::string_view sql) {
  PAWL_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  PAWL_ASSIGN_OR_RETURN(const bool row, statement.Step());
  const std::optional<std::string_view> value =
      row ? statement.TextAt(0) : std::nullopt;
  return value.has_value() ? StatusOr<std::string>(*value)
                           : Internal("expected a text");
}

void Connection::WatchLog(std::function<void(int pages)> watch) {
  watch_log_ = std::move(watch);
  sqlite3_wal_hook(
      database_.get(),
      [](void* connection, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(connection)->watch_log_(pages);
        return SQLITE_OK;
      },
      this);
}

Status Connection::Checkpoint() {
  const int result = sqlite3_wal_checkpoint_v2(
      database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Busy: another one is at it.
  return result == SQLITE_OK || result == SQLITE_BUSY
             ? OkStatus()
             : ErrorOf(database_.get(), result);
}

Status Connection::Sync() {
  sqlite3_file* file = nullptr;
  int result = sqlite3_file_control(database_.get(), "main",
                                    SQLITE_FCNTL_FILE_POINTER, &file);
  if (result == SQLITE_OK) {
    result = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  }
  return result == SQLITE_OK ? OkStatus() : ErrorOf(database_.get(), result);
}

int64_t Connection::Changes() const {
  return sqlite3_changes64(database_.get());
}

bool Connection::InTransaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

StatusOr<Transaction> Transaction::Begin(Connection& connection,
                                         Access access) {
  PAWL_ASSIGN_OR_RETURN(
      Statement begin,
      connection.Prepare(access == Access::kWrite ? "BEGIN IMMEDIATE"
                                                  : "BEGIN"));
  PAWL_RETURN_IF_ERROR(begin.Run());
  return Transaction(connection);
}

Transaction::~Transaction() {
  // SQLite may have rolled back by itself. If this fails, the connection is
  // still inside and its pool will not use it again.
  if (connection_ == nullptr || !connection_->InTransaction()) {
    return;
  }
  StatusOr<Statement> rollback = connection_->Prepare("ROLLBACK");
  if (rollback.ok()) {
    static_cast<void>(rollback->Run());
  }
}

Status Transaction::Commit() {
  PAWL_ASSIGN_OR_RETURN(Statement commit, connection_->Prepare("COMMIT"));
  const Status status = commit.Run();
  return status.ok() ? status
                     : Unavailable("commit in doubt: " + MessageOf(status));
}

}  // namespace pawl::db::sqlite
