// Migrate: brings a database to the schema of this program (I12).
#pragma once

#include <span>

#include "base/status.h"
#include "db/migration.h"
#include "db/postgres/connection.h"

namespace pawl::db::postgres {

// Applies the migrations that the database has not seen, each in a transaction
// of its own with its number in pawl_schema as the last act. Safe when several
// processes do it at once. An up to date schema needs no right to change it.
// FAILED_PRECONDITION, and nothing touched, when the schema is newer than this
// program, or old and the role may not change it.
[[nodiscard]] Status Migrate(Connection& connection,
                             std::span<const Migration> migrations);

}  // namespace pawl::db::postgres
