// The statements that follow from Table<Record> (db/table.h).
//
// `Mark` is what numbers of parameters begin with: '?' in SQLite, '$' in
// PostgreSQL.
#pragma once

#include <iterator>
#include <string>
#include <string_view>

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

// UPDATE by id (parameter 1) and the version that was read (the parameter
// after those of the columns). Without `indexed`, the indexed columns are left
// alone: most checks do not change them, and setting them would rewrite their
// indexes.
template <typename Record, char Mark>
[[nodiscard]] std::string UpdateSql(bool indexed) {
  using T = Table<Record>;
  constexpr size_t kAll = std::size(T::kColumns);
  const size_t written = indexed ? kAll : kAll - T::kIndexed;
  std::string sql = "UPDATE ";
  sql += T::kName;
  std::string guard;
  for (size_t i = 1; i < written; ++i) {
    const std::string column(T::kColumns[i]);
    const std::string value = internal::Parameter<Mark>(i + 1);
    sql += (i == 1 ? " SET " : ", ") + column + " = " + value;
    if (column == T::kForward) {
      // NULL never passes a value that is there.
      guard =
          " AND (" + column + " IS NULL OR " + column + " <= " + value + ")";
    }
  }
  return sql + " WHERE id = " + internal::Parameter<Mark>(1) +
         " AND version = " + internal::Parameter<Mark>(kAll + 1) + guard;
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
