// Table<Record>: how each record lies in its table. The only place that knows
// the columns; db/sqlite/sql.h makes statements of them.
//
// Thread safety: pure functions on their arguments.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "db/record.h"
#include "db/sqlite/connection.h"

namespace pawl::db::sqlite {

class RowReader;  // rows.cc

// For each Record:
//   kName      the table
//   kColumns   in the order of Bind() and Read(), the key first, and for rows
//              that are replaced the version second and indexed columns last
//   Bind()     one parameter per column
//   Read()     may give a wrong record; ReadRow() checks
// For rows that are replaced also:
//   kIndexed   how many of the last columns are indexed
//   SameKeys() whether these are equal in both
//   kGuard     what an UPDATE asks beside id and version
template <typename Record>
struct Table;

template <>
struct Table<AccountRecord> {
  static constexpr std::string_view kName = "account";
  static constexpr std::string_view kColumns[] = {
      "id",           "version", "pin_mac",  "enabled", "failures",
      "last_failure", "created", "modified", "login"};
  static constexpr size_t kIndexed = 1;
  static constexpr std::string_view kGuard{};
  static bool SameKeys(const AccountRecord& a, const AccountRecord& b);
  static void Bind(const AccountRecord& account, Statement& statement);
  static AccountRecord Read(RowReader& row);
};

template <>
struct Table<TokenRecord> {
  static constexpr std::string_view kName = "token";
  static constexpr std::string_view kColumns[] = {
      "id",        "version",    "position",     "kind",
      "deleted",   "enabled",    "label",        "hash",
      "digits",    "period",     "t0",           "window_steps",
      "drift",     "failures",   "last_failure", "sealed_secret",
      "created",   "modified",   "last_used",    "account_id",
      "public_id", "fingerprint"};
  static constexpr size_t kIndexed = 3;
  // ?3 is the new position; NULL never passes a position that is there.
  static constexpr std::string_view kGuard =
      " AND (position IS NULL OR position <= ?3)";
  static bool SameKeys(const TokenRecord& a, const TokenRecord& b);
  static void Bind(const TokenRecord& token, Statement& statement);
  static TokenRecord Read(RowReader& row);
};

template <>
struct Table<ClientRecord> {
  static constexpr std::string_view kName = "client";
  static constexpr std::string_view kColumns[] = {
      "id",          "version", "key_mac",  "roles",
      "see_reasons", "created", "modified", "name"};
  static constexpr size_t kIndexed = 1;
  static constexpr std::string_view kGuard{};
  static bool SameKeys(const ClientRecord& a, const ClientRecord& b);
  static void Bind(const ClientRecord& client, Statement& statement);
  static ClientRecord Read(RowReader& row);
};

template <>
struct Table<AttemptRecord> {
  static constexpr std::string_view kName = "attempt";
  static constexpr std::string_view kColumns[] = {
      "key",      "binding", "reason",  "account_id",
      "token_id", "hints",   "created", "expires"};
  static void Bind(const AttemptRecord& attempt, Statement& statement);
  static AttemptRecord Read(RowReader& row);
};

template <>
struct Table<AuditEntry> {
  static constexpr std::string_view kName = "audit";
  static constexpr std::string_view kColumns[] = {
      "sequence", "at",         "event",    "reason",
      "caller",   "account_id", "token_id", "client_id",
      "position", "hints",      "service",  "client_address"};
  // Binds NULL as sequence: the engine gives the next.
  static void Bind(const AuditEntry& entry, Statement& statement);
  static AuditEntry Read(RowReader& row);
};

// The record in the present row. DATA_LOSS, naming table, row and column, when
// it cannot be right.
template <typename Record>
[[nodiscard]] StatusOr<Record> ReadRow(const Statement& statement);

}  // namespace pawl::db::sqlite
