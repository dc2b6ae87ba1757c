// Migration: one numbered step of an engine's schema, embedded in the binary.
//
// Files are db/<engine>/schema/NNNN_name.sql, applied in order, each in its
// own transaction, never changed once released (I12).
#pragma once

#include <string_view>

namespace pawl::db {

struct Migration {
  int number = 0;  // 1, 2, 3, ... without gaps
  std::string_view name;
  std::string_view sql;
};

}  // namespace pawl::db
