// Write: one row to write, as the decisions say it and db::Commit takes it.
//
// Plain value; thread safety: like int.
#pragma once

#include <optional>

namespace pawl::db {

// Insert (no before), replace (both) or remove (no after). A token row is never
// removed, because its position would be forgotten; TokenChange::erase is how a
// token is deleted.
template <typename Record>
struct Write {
  std::optional<Record> before{};
  std::optional<Record> after{};
};

}  // namespace pawl::db
