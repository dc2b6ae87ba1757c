// SqliteMigrations: db/sqlite/schema/*.sql, embedded (cmake/PawlSql.cmake).
#pragma once

#include <span>

#include "db/migration.h"

namespace pawl::db {

// In order of their numbers.
[[nodiscard]] std::span<const Migration> SqliteMigrations();

}  // namespace pawl::db
