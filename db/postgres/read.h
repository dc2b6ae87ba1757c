// Reads: the rows of many keys, one statement for each kind of key.
#pragma once

#include "base/status.h"
#include "db/postgres/connection.h"
#include "db/store.h"

namespace pawl::db::postgres {

// As Store::DoRead.
[[nodiscard]] StatusOr<Rows> Read(Connection& connection, const Keys& keys);

}  // namespace pawl::db::postgres
