// ReadRows: Store::Read() on one connection.
#pragma once

#include "base/status.h"
#include "db/sqlite/connection.h"
#include "db/store.h"

namespace pawl::db::sqlite {

// To be called inside a read transaction. Fails as a whole when the database
// does not answer.
[[nodiscard]] StatusOr<Rows> ReadRows(Connection& connection, const Keys& keys);

}  // namespace pawl::db::sqlite
