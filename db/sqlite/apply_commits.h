// ApplyCommits: Store::Commit() inside an open write transaction.
#pragma once

#include <span>

#include "base/status.h"
#include "db/sqlite/connection.h"
#include "db/store.h"

namespace pawl::db::sqlite {

// Does the steps of each commit with the codes of Store::Commit: a commit that
// fails leaves nothing, and the others stand. Neither begins nor ends the
// transaction. An error when none of them may be committed, because the
// database does not work.
[[nodiscard]] Status ApplyCommits(Connection& connection,
                                  std::span<const Commit* const> commits,
                                  std::span<Status> results);

}  // namespace pawl::db::sqlite
