// WriteHot: many commits of checks in one statement.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/status.h"
#include "db/postgres/connection.h"
#include "db/store.h"

namespace pawl::db::postgres {

// Writes the commits of one hot wave (db/postgres/plan.h) in one statement on
// its own; gives the places of those that did not hold, of which nothing is
// written (ABORTED). An error is about all of them: refused with a SQLSTATE
// nothing is written, otherwise nobody knows.
[[nodiscard]] StatusOr<std::vector<size_t>> WriteHot(
    Connection& connection, std::span<const Commit* const> commits);

}  // namespace pawl::db::postgres
