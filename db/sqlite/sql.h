// The statements that follow from Table<Record> (db/sqlite/rows.h).
#pragma once

#include <iterator>
#include <string>
#include <string_view>

#include "db/sqlite/rows.h"

namespace pawl::db::sqlite {
namespace internal {

inline std::string Parameter(size_t number) {
  return "?" + std::to_string(number);
}

}  // namespace internal

// "SELECT columns FROM table " + rest.
template <typename Record>
[[nodiscard]] std::string SelectSql(std::string_view rest) {
  std::string sql;
  for (const std::string_view column : Table<Record>::kColumns) {
    sql += sql.empty() ? "SELECT " : ", ";
    sql += column;
  }
  sql += " FROM ";
  sql += Table<Record>::kName;
  sql += ' ';
  sql += rest;
  return sql;
}

// "INSERT INTO table (columns) VALUES (?1, ...)".
template <typename Record>
[[nodiscard]] std::string InsertSql() {
  std::string columns;
  std::string values;
  for (const std::string_view column : Table<Record>::kColumns) {
    columns += columns.empty() ? "" : ", ";
    columns += column;
  }
  for (size_t i = 1; i <= std::size(Table<Record>::kColumns); ++i) {
    values += values.empty() ? "" : ", ";
    values += internal::Parameter(i);
  }
  std::string sql = "INSERT INTO ";
  sql += Table<Record>::kName;
  return sql + " (" + columns + ") VALUES (" + values + ")";
}

// UPDATE by id (?1) and the version that was read (the parameter after those
// of the columns). Without `indexed`, the indexed columns are left alone: most
// checks do not change them, and setting them would rewrite their indexes.
template <typename Record>
[[nodiscard]] std::string UpdateSql(bool indexed) {
  using T = Table<Record>;
  constexpr size_t kAll = std::size(T::kColumns);
  const size_t written = indexed ? kAll : kAll - T::kIndexed;
  std::string sql = "UPDATE ";
  sql += T::kName;
  for (size_t i = 1; i < written; ++i) {
    sql += i == 1 ? " SET " : ", ";
    sql += T::kColumns[i];
    sql += " = " + internal::Parameter(i + 1);
  }
  sql += " WHERE id = ?1 AND version = " + internal::Parameter(kAll + 1);
  sql += T::kGuard;
  return sql;
}

// DELETE by id (?1) and version (?2).
template <typename Record>
[[nodiscard]] std::string DeleteSql() {
  std::string sql = "DELETE FROM ";
  sql += Table<Record>::kName;
  return sql + " WHERE id = ?1 AND version = ?2";
}

}  // namespace pawl::db::sqlite
