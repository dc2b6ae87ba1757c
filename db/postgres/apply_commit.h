// ApplyCommit: one commit of any kind in a transaction of its own.
#pragma once

#include "base/status.h"
#include "db/postgres/connection.h"
#include "db/store.h"

namespace pawl::db::postgres {

// Does the steps of `commit` with the codes of Store::Commit, again and again
// (a few times) while others are in the way.
[[nodiscard]] Status ApplyCommit(Connection& connection, const Commit& commit);

}  // namespace pawl::db::postgres
