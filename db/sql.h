// The statements that follow from Table<Record> (db/table.h).
//
// `Mark` is what numbers of parameters begin with: '?' in SQLite, '$' in
// PostgreSQL.
#pragma once

#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "db/row_change.h"
#include "db/table.h"

namespace pawl::db {
namespace internal {

template <char Mark>
std::string Parameter(size_t number) {
  return Mark + std::to_string(number);
}

// "a, b, c"; with a table "t.a, t.b, t.c".
template <typename Record>
std::string Columns(size_t from, std::string_view table) {
  std::string list;
  for (size_t i = from; i < std::size(Table<Record>::kColumns); ++i) {
    list += list.empty() ? "" : ", ";
    list += table;
    list += table.empty() ? "" : ".";
    list += Table<Record>::kColumns[i];
  }
  return list;
}

// The first column that Bind() gives a value for.
template <typename Record>
constexpr size_t FirstBound() {
  return Table<Record>::kColumns[0] == "sequence" ? 1 : 0;
}

}  // namespace internal

// "SELECT columns FROM table " + rest.
template <typename Record>
[[nodiscard]] std::string SelectSql(std::string_view rest) {
  std::string sql = "SELECT " + internal::Columns<Record>(0, "") + " FROM ";
  sql += Table<Record>::kName;
  sql += ' ';
  sql += rest;
  return sql;
}

// "INSERT INTO table (columns) VALUES (?1, ...)": one parameter for each value
// that Bind() gives.
template <typename Record, char Mark>
[[nodiscard]] std::string InsertSql() {
  constexpr size_t kFirst = internal::FirstBound<Record>();
  std::string values;
  for (size_t i = kFirst; i < std::size(Table<Record>::kColumns); ++i) {
    values += values.empty() ? "" : ", ";
    values += internal::Parameter<Mark>(i + 1 - kFirst);
  }
  std::string sql = "INSERT INTO ";
  sql += Table<Record>::kName;
  return sql + " (" + internal::Columns<Record>(kFirst, "") + ") VALUES (" +
         values + ")";
}

// An attempt takes the place of one that had expired when it began: without a
// changed row the key is taken.
[[nodiscard]] inline std::string OnAttemptConflict() {
  constexpr std::string_view kKey = Table<AttemptRecord>::kColumns[0];
  std::string sql = " ON CONFLICT (";
  sql += kKey;
  sql += ") DO UPDATE SET ";
  for (const std::string_view column : Table<AttemptRecord>::kColumns) {
    if (column != kKey) {
      sql += column;
      sql += " = excluded.";
      sql += column;
      sql += ", ";
    }
  }
  sql.resize(sql.size() - 2);
  return sql + " WHERE attempt.expires <= excluded.created";
}

// UPDATE of `columns`, with the parameters of RowChange::Bind(): by id and the
// version that was read, and never to an earlier position.
template <typename Record, char Mark>
[[nodiscard]] std::string UpdateSql(ColumnSet columns) {
  using T = Table<Record>;
  std::string assignments;
  std::string guard;
  size_t parameter = 0;
  for (size_t i = 0; i < std::size(T::kColumns); ++i) {
    if ((columns >> i & 1U) == 0) {
      continue;
    }
    const std::string column(T::kColumns[i]);
    const std::string value = internal::Parameter<Mark>(++parameter);
    assignments += (assignments.empty() ? "" : ", ") + column + " = " + value;
    if (column == T::kForward) {
      // NULL never passes a value that is there.
      guard =
          " AND (" + column + " IS NULL OR " + column + " <= " + value + ")";
    }
  }
  std::string sql = "UPDATE ";
  sql += T::kName;
  return sql + " SET " + assignments +
         " WHERE id = " + internal::Parameter<Mark>(parameter + 1) +
         " AND version = " + internal::Parameter<Mark>(parameter + 2) + guard;
}

// UpdateSql(), made once for each thread and set of columns.
template <typename Record, char Mark>
[[nodiscard]] const std::string& MadeUpdateSql(ColumnSet columns) {
  thread_local std::map<ColumnSet, std::string> made;
  std::string& sql = made[columns];
  if (sql.empty()) {
    sql = UpdateSql<Record, Mark>(columns);
  }
  return sql;
}

// DELETE by id (parameter 1) and version (parameter 2).
template <typename Record, char Mark>
[[nodiscard]] std::string DeleteSql() {
  std::string sql = "DELETE FROM ";
  sql += Table<Record>::kName;
  return sql + " WHERE id = " + internal::Parameter<Mark>(1) +
         " AND version = " + internal::Parameter<Mark>(2);
}

}  // namespace pawl::db
