// Guarded: the one place where exceptions are caught, those of libpqxx.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace pawl::db::postgres {

// How a call of libpqxx ended.
struct Outcome {
  Status status = OkStatus();
  // The SQLSTATE with which the server refused, so that the statement surely
  // did nothing; empty when it worked or nobody knows.
  std::string sqlstate{};
};

// Runs `call`, which may throw. Statuses:
//   ALREADY_EXISTS "login is taken": the column of a unique constraint, which
//                  must have the name <table>_<column>_key;
//   ABORTED        a broken reference;
//   UNAVAILABLE    everything else.
// Messages hold neither statements nor values.
[[nodiscard]] Outcome Guarded(const std::function<void()>& call);

// The server undid a statement because of others that ran beside it, and after
// `tries` of them it shall be tried once more. After a deadlock it waits a
// moment before it says so: else it might have the same locks again before the
// other one has woken, and lose again.
[[nodiscard]] bool ShallRetry(std::string_view sqlstate, int tries);
// A lock stayed with somebody else for longer than lock_timeout.
[[nodiscard]] bool IsLockTimeout(std::string_view sqlstate);
// The role lacks a right.
[[nodiscard]] bool IsForbidden(std::string_view sqlstate);

}  // namespace pawl::db::postgres
