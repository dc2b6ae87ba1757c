// Connection, Statement, Transaction: the SQLite C API with statuses and
// without anything to forget.
//
// Statuses: UNAVAILABLE for busy, locked, full, read-only, I/O and memory
// trouble; DATA_LOSS for a corrupt file or one that is no database;
// ALREADY_EXISTS with the column's name for a unique constraint; ABORTED for a
// broken reference; INTERNAL for the rest.
//
// Thread safety: one thread at a time per Connection and all that belongs to
// it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <sqlite3.h>

#include "base/status.h"

namespace pawl::db::sqlite {

// A prepared statement on loan from its connection's cache. The destructor
// resets it: a statement left in the middle would hold its read transaction
// open.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Bind the next parameter, ?1 first. Texts are not copied: they must live as
  // long as the statement; they may hold NUL. A failure comes out of the next
  // Step().
  Statement& Int(int64_t value);
  Statement& Text(std::string_view value);
  Statement& Blob(std::string_view value);
  Statement& Null();

  // True when there is a row, false at the end.
  [[nodiscard]] StatusOr<bool> Step();
  // Steps a statement that gives no rows.
  [[nodiscard]] Status Run();

  // The columns of the present row, from 0; nullopt for another type (NULL
  // included). The text lives until the next Step().
  [[nodiscard]] std::optional<int64_t> IntAt(int column) const;
  [[nodiscard]] std::optional<std::string_view> TextAt(int column) const;
  [[nodiscard]] std::optional<std::string_view> BlobAt(int column) const;
  [[nodiscard]] bool IsNullAt(int column) const;

 private:
  void Bound(int result);
  sqlite3_stmt* statement_;
  int bound_ = 0;
  int bind_error_ = SQLITE_OK;
};

// What a connection may do.
enum class Access { kRead, kWrite };

class Connection {
 public:
  // Opens an existing file. UNAVAILABLE when it cannot be opened, or only for
  // reading.
  [[nodiscard]] static StatusOr<std::unique_ptr<Connection>> Open(
      const std::filesystem::path& path);

  // Sets what every connection of Pawl needs, once the database is known to
  // be ours, and FAILED_PRECONDITION when SQLite does not obey: a commit must
  // be on stable storage (journal_mode WAL, synchronous FULL).
  [[nodiscard]] Status Configure(Access access);

  // Cached: the same text is compiled once.
  [[nodiscard]] StatusOr<Statement> Prepare(std::string_view sql);
  // Runs one or more statements that have no parameters; rows are dropped.
  [[nodiscard]] Status Execute(const std::string& sql);
  // The first column of the only row, an integer or a text.
  [[nodiscard]] StatusOr<int64_t> QueryInt(std::string_view sql);
  [[nodiscard]] StatusOr<std::string> QueryText(std::string_view sql);

  // Has `watch` told how many pages the log has after each commit, in place of
  // SQLite's own checkpoints.
  void WatchLog(std::function<void(int pages)> watch);
  // Moves what the log holds into the database, as far as no reader stands in
  // the way.
  [[nodiscard]] Status Checkpoint();
  // Brings what was moved to stable storage. Checkpoint() does it by itself
  // only when it has moved all.
  [[nodiscard]] Status Sync();

  // Rows changed by the last statement that ran to its end.
  [[nodiscard]] int64_t Changes() const;
  [[nodiscard]] bool InTransaction() const;
  // False for one that could not leave its transaction: it would drag the next
  // caller into it.
  [[nodiscard]] bool Usable() const { return !InTransaction(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const {
      sqlite3_finalize(statement);
    }
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  explicit Connection(sqlite3* database) : database_(database) {}

  std::function<void(int pages)> watch_log_;
  // Statements die before their database.
  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>,
                     TextHash, std::equal_to<>>
      statements_;
};

// BEGIN ... COMMIT; rolls back unless committed.
class Transaction {
 public:
  // kWrite takes the write lock at once (BEGIN IMMEDIATE), so that what is
  // read inside is still true at commit; kRead sees one moment.
  [[nodiscard]] static StatusOr<Transaction> Begin(Connection& connection,
                                                   Access access);
  ~Transaction();
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // OK means on stable storage. Any failure is UNAVAILABLE, because nobody
  // knows, and rolls back.
  [[nodiscard]] Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace pawl::db::sqlite
