#include "db/postgres/connection.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <utility>

#include <pqxx/nontransaction>

namespace pawl::db::postgres {
namespace {

// What every session needs, whatever the URL and the server's settings say.
// - synchronous_commit is on at least: a stronger one (remote_apply) stays.
// - Plans are made once, before there is anything to know about the arrays, so
//   they must be those that are right for any size: by index, row by row.
// - A remark below WARNING is nothing to hear (Connection::Write).
std::string SessionSql(const Patience& patience) {
  const std::string lock = std::to_string(patience.lock.count());
  const std::string statement = std::to_string(patience.statement.count());
  return "SET application_name = 'pawld';"
         "SET client_encoding = 'UTF8';"
         "SET client_min_messages = warning;"
         "SET bytea_output = hex;"
         "SET default_transaction_isolation = 'read committed';"
         "SET lock_timeout = " +
         lock + ";SET statement_timeout = " + statement +
         ";SET idle_in_transaction_session_timeout = " + statement +
         ";SET plan_cache_mode = force_generic_plan;"
         "SET enable_seqscan = off;"
         "SET enable_hashjoin = off;"
         "SET enable_mergejoin = off;"
         "SET jit = off;"
         "SELECT pg_is_in_recovery(),"
         " current_setting('transaction_read_only')::boolean,"
         " current_setting('fsync')::boolean,"
         " set_config('synchronous_commit',"
         " CASE current_setting('synchronous_commit')"
         " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)";
}

// Warnings that say nothing about the commit: that transaction numbers run out
// some day. Verbose messages name the server's function, in any language.
bool IsAboutVacuum(std::string_view message) {
  return message.find("GetNewTransactionId") != std::string_view::npos ||
         message.find("GetNewMultiXactId") != std::string_view::npos;
}

}  // namespace

std::string_view Cells::RawAt(int column) const {
  const pqxx::field field =
      row_[static_cast<pqxx::row::size_type>(first_ + column)];
  return {field.c_str(), field.size()};
}

bool Cells::IsNullAt(int column) const {
  return row_[static_cast<pqxx::row::size_type>(first_ + column)].is_null();
}

std::optional<int64_t> Cells::IntAt(int column) const {
  const std::string_view text = RawAt(column);
  if (text == "t" || text == "f") {
    return text == "t" ? 1 : 0;
  }
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> Cells::BlobAt(int column) const {
  const std::string_view text = RawAt(column);
  if (!text.starts_with("\\x")) {
    return std::nullopt;
  }
  const std::optional<Bytes> bytes = HexDecode(text.substr(2));
  return bytes.has_value() ? std::optional<std::string>(AsText(*bytes))
                           : std::nullopt;
}

bool Connection::Listener::operator()(const char message[]) noexcept {
  heard = heard || !IsAboutVacuum(message);
  return false;  // nobody else is to hear it
}

StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const std::string& conninfo, const Patience& patience, Watchdog& watchdog) {
  std::unique_ptr<Connection> connection(new Connection(patience, watchdog));
  PAWL_RETURN_IF_ERROR(connection->Connect(conninfo));
  PAWL_RETURN_IF_ERROR(connection->SetUp());
  return connection;
}

Connection::~Connection() {
  listener_.reset();
  if (connection_ != nullptr) {
    const Watchdog::Watch watch(watchdog_, socket_, patience_.answer);
    connection_.reset();
  }
  if (socket_ >= 0) {
    ::close(socket_);
  }
}

Status Connection::Connect(const std::string& conninfo) {
  PAWL_RETURN_IF_ERROR(
      Guarded([&] {
        connection_ = std::make_unique<pqxx::connection>(conninfo);
        connection_->set_verbosity(pqxx::connection_base::verbose);
        listener_ = std::make_unique<Listener>(*connection_);
      }).status);
  socket_ = ::fcntl(connection_->sock(), F_DUPFD_CLOEXEC, 0);
  return socket_ >= 0 ? OkStatus() : Unavailable("no file descriptor is left");
}

Status Connection::SetUp() {
  PAWL_ASSIGN_OR_RETURN(const Result result, Run(SessionSql(patience_)));
  const Cells answer = result.At(0);
  constexpr std::string_view kFalse = "f";
  if (answer.RawAt(0) != kFalse || answer.RawAt(1) != kFalse) {
    return Unavailable("postgresql: the node is read-only");
  }
  if (answer.RawAt(2) == kFalse) {
    return FailedPrecondition(
        "postgresql: commits would not be durable: fsync is off");
  }
  return OkStatus();
}

StatusOr<Result> Connection::Run(const std::string& sql, const Params& params) {
  return Call([&](pqxx::connection& connection) {
    auto found = prepared_.find(sql);
    if (found == prepared_.end()) {
      const std::string name = "s" + std::to_string(prepared_.size());
      connection.prepare(name, sql);
      found = prepared_.emplace(sql, name).first;
    }
    return pqxx::nontransaction(connection)
        .exec_prepared(found->second,
                       pqxx::prepare::make_dynamic_params(params.Pointers()));
  });
}

StatusOr<Result> Connection::Run(const std::string& sql) {
  return Call([&](pqxx::connection& connection) {
    return pqxx::nontransaction(connection).exec(sql);
  });
}

StatusOr<Result> Connection::Write(const std::string& sql,
                                   const Params& params) {
  listener_->heard = false;
  return UnlessHeard(Run(sql, params));
}

StatusOr<Result> Connection::Write(const std::string& sql) {
  listener_->heard = false;
  return UnlessHeard(Run(sql));
}

StatusOr<Result> Connection::UnlessHeard(StatusOr<Result> result) {
  if (!result.ok() || !listener_->heard) {
    return result;
  }
  broken_ = true;
  return Unavailable(
      "postgresql: commit in doubt: the server did not wait for a standby");
}

bool Connection::Usable() const {
  pollfd socket{.fd = socket_, .events = POLLIN, .revents = 0};
  return !broken_ && ::poll(&socket, 1, 0) == 0;
}

StatusOr<Result> Connection::Call(
    const std::function<pqxx::result(pqxx::connection&)>& call) {
  sqlstate_.clear();
  // libpqxx would connect again by itself, to whatever server answers now.
  if (broken_ || !connection_->is_open()) {
    broken_ = true;
    return Unavailable("postgresql: the connection is lost");
  }
  const Watchdog::Watch watch(watchdog_, socket_, patience_.answer);
  pqxx::result result;
  Outcome outcome = Guarded([&] { result = call(*connection_); });
  if (outcome.status.ok()) {
    return Result(std::move(result));
  }
  if (!connection_->is_open() || outcome.sqlstate.empty()) {
    broken_ = true;
    return Unavailable(MessageOf(outcome.status));
  }
  sqlstate_ = std::move(outcome.sqlstate);
  return outcome.status;
}

StatusOr<Transaction> Transaction::Begin(Connection& connection) {
  PAWL_RETURN_IF_ERROR(connection.Run("BEGIN"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ != nullptr) {
    // If this fails the connection is broken, and the server rolls back.
    static_cast<void>(connection_->Run("ROLLBACK"));
  }
}

Status Transaction::Commit() {
  const StatusOr<Result> result = connection_->Write("COMMIT");
  if (!result.ok()) {
    return Unavailable("commit in doubt: " + MessageOf(result.status()));
  }
  connection_ = nullptr;
  return OkStatus();
}

}  // namespace pawl::db::postgres
