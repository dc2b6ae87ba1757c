// Running SELECTs: what binds their parameters, and their rows as records.
//
// Thread safety: one thread at a time per Connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "db/row_reader.h"
#include "db/sql.h"
#include "db/sqlite/connection.h"

namespace pawl::db::sqlite {

// What binds a parameter. The text or blob must live until it is called.
inline auto Number(uint64_t value) {
  return [value](Statement& statement) {
    statement.Int(static_cast<int64_t>(value));
  };
}
inline auto Text(std::string_view value) {
  return [value](Statement& statement) { statement.Text(value); };
}
inline auto Blob(std::string_view value) {
  return [value](Statement& statement) { statement.Blob(value); };
}
// The last key of the page before, then the limit.
template <typename Key>
auto PageAfter(Key key, size_t limit) {
  return [key, limit](Statement& statement) {
    key(statement);
    statement.Int(static_cast<int64_t>(limit));
  };
}

// The first row. NOT_FOUND when there is none, DATA_LOSS as ReadRow().
template <typename Record, typename Bind>
[[nodiscard]] StatusOr<Record> SelectOne(Connection& connection,
                                         const std::string& sql, Bind bind) {
  PAWL_ASSIGN_OR_RETURN(Statement select, connection.Prepare(sql));
  bind(select);
  PAWL_ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) {
    return NotFound(std::string(Table<Record>::kName) + " not found");
  }
  return ReadRow<Record>(select);
}

template <typename Record, typename Bind>
[[nodiscard]] StatusOr<std::vector<Record>> SelectAll(Connection& connection,
                                                      const std::string& sql,
                                                      Bind bind) {
  PAWL_ASSIGN_OR_RETURN(Statement select, connection.Prepare(sql));
  bind(select);
  std::vector<Record> records;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) {
      return records;
    }
    PAWL_ASSIGN_OR_RETURN(Record record, ReadRow<Record>(select));
    records.push_back(std::move(record));
  }
}

}  // namespace pawl::db::sqlite
