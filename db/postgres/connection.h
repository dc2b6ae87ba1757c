// Connection: one session on a server that was checked to be a writable
// primary with durable commits. libpqxx, with statuses instead of exceptions,
// and without its silent reconnecting: a connection that broke stays broken.
//
// Statuses of statements are those of db/postgres/errors.h.
//
// Thread safety: one thread at a time per Connection and its results.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pqxx/connection>
#include <pqxx/errorhandler>
#include <pqxx/result>

#include "base/status.h"
#include "db/postgres/errors.h"
#include "db/postgres/params.h"
#include "db/postgres/watchdog.h"

namespace pawl::db::postgres {

// How long to wait before giving up. The server's own limits come first, so
// that it can say what happened.
struct Patience {
  std::chrono::milliseconds lock{2000};       // for a row that others write
  std::chrono::milliseconds statement{4000};  // for all of a statement
  std::chrono::milliseconds answer{6000};     // then the connection is cut
  std::chrono::milliseconds turn{5000};       // for a free connection
};

// A row of a result from one column on; the form db/row_reader.h wants.
class Cells {
 public:
  Cells(const pqxx::result& result, size_t row, int first)
      : row_(result[static_cast<pqxx::result::size_type>(row)]),
        first_(first) {}
  // A boolean is 0 or 1.
  [[nodiscard]] std::optional<int64_t> IntAt(int column) const;
  // Texts are bytea, too (db/postgres/params.h).
  [[nodiscard]] std::optional<std::string> TextAt(int column) const {
    return BlobAt(column);
  }
  [[nodiscard]] std::optional<std::string> BlobAt(int column) const;
  [[nodiscard]] bool IsNullAt(int column) const;
  // As the server wrote it; empty for NULL.
  [[nodiscard]] std::string_view RawAt(int column) const;

 private:
  pqxx::row row_;
  int first_;
};

class Result {
 public:
  explicit Result(pqxx::result result) : result_(std::move(result)) {}
  [[nodiscard]] size_t size() const { return result_.size(); }
  [[nodiscard]] size_t changed() const { return result_.affected_rows(); }
  [[nodiscard]] Cells At(size_t row, int first = 0) const {
    return {result_, row, first};
  }

 private:
  pqxx::result result_;
};

class Connection {
 public:
  // Connects and checks. UNAVAILABLE when there is no server, or it is not a
  // writable primary; FAILED_PRECONDITION when commits would not be durable.
  [[nodiscard]] static StatusOr<std::unique_ptr<Connection>> Open(
      const std::string& conninfo, const Patience& patience,
      Watchdog& watchdog);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs a statement with parameters, prepared when it is first met.
  [[nodiscard]] StatusOr<Result> Run(const std::string& sql,
                                     const Params& params);
  // Runs one or more statements without parameters.
  [[nodiscard]] StatusOr<Result> Run(const std::string& sql);
  // The same for what ends a transaction, COMMIT or a write on its
  // own: whatever the server has to remark makes it UNAVAILABLE, because a
  // wait for a standby that was cancelled is nothing but a remark.
  [[nodiscard]] StatusOr<Result> Write(const std::string& sql,
                                       const Params& params);
  [[nodiscard]] StatusOr<Result> Write(const std::string& sql);

  // False once the connection broke, or the server said something while
  // nobody asked (that it shuts down, for one): not to be used again.
  [[nodiscard]] bool Usable() const;

  // Of the last statement (db/postgres/errors.h).
  [[nodiscard]] std::string_view sqlstate() const { return sqlstate_; }

 private:
  // Notes that the server has made a remark.
  class Listener final : public pqxx::errorhandler {
   public:
    explicit Listener(pqxx::connection& connection)
        : pqxx::errorhandler(connection) {}
    bool operator()(const char message[]) noexcept override;
    bool heard = false;
  };

  Connection(const Patience& patience, Watchdog& watchdog)
      : patience_(patience), watchdog_(watchdog) {}
  [[nodiscard]] Status Connect(const std::string& conninfo);
  [[nodiscard]] Status SetUp();
  [[nodiscard]] StatusOr<Result> Call(
      const std::function<pqxx::result(pqxx::connection&)>& call);

  [[nodiscard]] StatusOr<Result> UnlessHeard(StatusOr<Result> result);

  const Patience patience_;
  Watchdog& watchdog_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<Listener> listener_;
  // A second descriptor of the socket: libpq may close its own at any time,
  // and its number could then be another connection's.
  int socket_ = -1;
  bool broken_ = false;
  std::string sqlstate_;
  std::map<std::string, std::string, std::less<>> prepared_;  // sql to name
};

// BEGIN ... COMMIT; rolls back unless committed.
class Transaction {
 public:
  [[nodiscard]] static StatusOr<Transaction> Begin(Connection& connection);
  ~Transaction();
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // OK means on stable storage, as the server is set up. Any failure is
  // UNAVAILABLE, because nobody knows.
  [[nodiscard]] Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace pawl::db::postgres
