// RowChange: what a replaced row has that the row before had not, as the
// parameters of UpdateSql() (db/sql.h).
//
// Only columns that differ are written: a check changes a few of many, and an
// UPDATE that sets an indexed column rewrites its index, changed or not. The
// position is always among them, because its guard goes with it (I1).
//
// Thread safety: like int. It views both records, which must outlive it.
#pragma once

#include <cstdint>
#include <iterator>

#include "db/cells.h"
#include "db/table.h"

namespace pawl::db {

// Some columns of a table: bit i stands for Table<Record>::kColumns[i].
using ColumnSet = uint32_t;

template <typename Record>
class RowChange {
 public:
  static constexpr size_t kColumns = std::size(Table<Record>::kColumns);
  static_assert(kColumns <= Cells::kMost);

  RowChange(const Record& before, const Record& after) {
    Table<Record>::Bind(before, before_);
    Table<Record>::Bind(after, after_);
    for (size_t i = 0; i < kColumns; ++i) {
      if (before_.at(i) != after_.at(i) ||
          Table<Record>::kColumns[i] == Table<Record>::kForward) {
        columns_ |= ColumnSet{1} << i;
      }
    }
  }

  [[nodiscard]] ColumnSet columns() const { return columns_; }

  // The values of columns(), then the id and the version before.
  template <typename Sink>
  void Bind(Sink& sink) const {
    for (size_t i = 0; i < kColumns; ++i) {
      if ((columns_ >> i & 1U) != 0) {
        BindCell(after_.at(i), sink);
      }
    }
    BindCell(before_.at(0), sink);
    BindCell(before_.at(1), sink);
  }

 private:
  Cells before_;
  Cells after_;
  ColumnSet columns_ = 0;
};

}  // namespace pawl::db
