// ApplyCommit: one commit inside an open write transaction.
#pragma once

#include "base/status.h"
#include "db/sqlite/connection.h"
#include "db/store.h"

namespace pawl::db::sqlite {

// Does the steps of `commit` with the codes of Store::Commit. Neither begins
// nor ends the transaction: after a failure the caller rolls back. (Several
// commits may so share a transaction, each inside a savepoint.)
[[nodiscard]] Status ApplyCommit(Connection& connection, const Commit& commit);

}  // namespace pawl::db::sqlite
