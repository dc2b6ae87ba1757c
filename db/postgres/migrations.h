// PostgresMigrations: db/postgres/schema/*.sql, embedded (cmake/PawlSql.cmake).
#pragma once

#include <span>

#include "db/migration.h"

namespace pawl::db {

// In order of their numbers.
[[nodiscard]] std::span<const Migration> PostgresMigrations();

}  // namespace pawl::db
