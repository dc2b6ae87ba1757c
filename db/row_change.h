// RowChange: what a replaced row has that the row before had not, as the
// parameters of UpdateSql() (db/sql.h).
//
// Only columns that differ are written: a check changes a few of many, and an
// UPDATE that sets an indexed column rewrites its index, changed or not. The
// position is always among them, because its guard goes with it (I1).
//
// Thread safety: like int. It views both records, which must outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "db/table.h"

namespace pawl::db {

// Some columns of a table: bit i stands for Table<Record>::kColumns[i].
using ColumnSet = uint32_t;

namespace internal {

// A Sink for Table<Record>::Bind() that keeps what it is given.
class Cells {
 public:
  struct Cell {
    enum class Type { kNull, kInt, kText, kBlob };
    Type type = Type::kNull;
    int64_t number = 0;
    std::string_view text{};
    bool operator==(const Cell&) const = default;
  };

  void Int(int64_t value) {
    cells_[size_++] = {.type = Cell::Type::kInt, .number = value};
  }
  void Text(std::string_view value) {
    cells_[size_++] = {.type = Cell::Type::kText, .text = value};
  }
  void Blob(std::string_view value) {
    cells_[size_++] = {.type = Cell::Type::kBlob, .text = value};
  }
  void Null() { ++size_; }

  [[nodiscard]] const Cell& at(size_t column) const { return cells_[column]; }

 private:
  std::array<Cell, 32> cells_{};
  size_t size_ = 0;
};

template <typename Sink>
void Bind(const Cells::Cell& cell, Sink& sink) {
  switch (cell.type) {
    case Cells::Cell::Type::kNull:
      sink.Null();
      return;
    case Cells::Cell::Type::kInt:
      sink.Int(cell.number);
      return;
    case Cells::Cell::Type::kText:
      sink.Text(cell.text);
      return;
    case Cells::Cell::Type::kBlob:
      sink.Blob(cell.text);
  }
}

}  // namespace internal

template <typename Record>
class RowChange {
 public:
  static constexpr size_t kColumns = std::size(Table<Record>::kColumns);
  static_assert(kColumns <= 32);

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
        internal::Bind(after_.at(i), sink);
      }
    }
    internal::Bind(before_.at(0), sink);
    internal::Bind(before_.at(1), sink);
  }

 private:
  internal::Cells before_;
  internal::Cells after_;
  ColumnSet columns_ = 0;
};

}  // namespace pawl::db
