// Plan: which commits of a batch go into which statement.
//
// Thread safety: pure functions on their arguments.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "db/store.h"

namespace pawl::db::postgres {

// True for a commit as checks make them: it replaces rows, each once, and
// changes in them only what db/postgres/hot_commits.cc writes.
[[nodiscard]] bool IsHot(const Commit& commit);

// Places of commits that are written by one statement. A commit that is not
// hot is always alone.
struct Wave {
  bool hot = false;
  std::vector<size_t> places{};
};

// What one commit writes is what the next one meets: a commit that touches
// what an earlier one writes, or writes what an earlier one has read, is never
// in an earlier wave, and in the first case in a later one.
[[nodiscard]] std::vector<Wave> Plan(std::span<const Commit* const> commits);

}  // namespace pawl::db::postgres
