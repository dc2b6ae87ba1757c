// Migrate: brings a database file to the schema of this program (I12).
#pragma once

#include <span>

#include "base/status.h"
#include "db/migration.h"
#include "db/sqlite/connection.h"

namespace pawl::db::sqlite {

// "Pawl": PRAGMA application_id of every database of ours.
inline constexpr int64_t kApplicationId = 0x5061776c;

// Applies the migrations that the file has not seen, each in a transaction of
// its own with PRAGMA user_version as its last act, and switches to WAL. Safe
// when several processes do it at once. FAILED_PRECONDITION, and nothing
// touched, when the file belongs to another program or to a newer Pawl.
[[nodiscard]] Status Migrate(Connection& connection,
                             std::span<const Migration> migrations);

}  // namespace pawl::db::sqlite
