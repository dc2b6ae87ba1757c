// Migration: one numbered step of an engine's schema, embedded in the binary.
//
// Files are db/<engine>/schema/NNNN_name.sql, applied in order, each in its
// own transaction, never changed once released (I12).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace pawl::db {

struct Migration {
  int number = 0;  // 1, 2, 3, ... without gaps
  std::string_view name;
  std::string_view sql;
};

// FAILED_PRECONDITION when a newer program has migrated the database.
[[nodiscard]] inline Status CheckNotNewer(int64_t version, int64_t newest) {
  return version <= newest
             ? OkStatus()
             : FailedPrecondition(
                   "the database has schema " + std::to_string(version) +
                   ", this program knows up to " + std::to_string(newest) +
                   ": use a newer program");
}

}  // namespace pawl::db
