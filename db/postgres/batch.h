// WriteBatch: the commits of a batch, in as few statements as they allow.
#pragma once

#include <chrono>
#include <span>

#include "base/status.h"
#include "db/postgres/connection.h"
#include "db/store.h"

namespace pawl::db::postgres {

// As Store::DoCommit. After `patience` what is not yet begun is UNAVAILABLE.
void WriteBatch(Connection& connection, std::chrono::milliseconds patience,
                std::span<const Commit* const> commits,
                std::span<Status> results);

}  // namespace pawl::db::postgres
