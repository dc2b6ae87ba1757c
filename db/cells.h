// Cells: one row as values, between a record and whatever keeps rows.
//
// A Sink for Table<Record>::Bind() (db/table.h), and what RowReader reads from
// (db/row_reader.h). Texts are views of the record or buffer they come from,
// which must outlive them. Thread safety: like int.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::db {

struct Cell {
  enum class Type : uint8_t { kNull, kInt, kText, kBlob };
  Type type = Type::kNull;
  int64_t number = 0;
  std::string_view text{};  // or blob
  bool operator==(const Cell&) const = default;
};

class Cells {
 public:
  static constexpr size_t kMost = 32;

  void Add(const Cell& cell) { cells_[size_++] = cell; }
  void Int(int64_t value) { Add({.type = Cell::Type::kInt, .number = value}); }
  void Text(std::string_view value) {
    Add({.type = Cell::Type::kText, .text = value});
  }
  void Blob(std::string_view value) {
    Add({.type = Cell::Type::kBlob, .text = value});
  }
  void Null() { Add({}); }

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] const Cell& at(size_t column) const { return cells_[column]; }

  [[nodiscard]] std::optional<int64_t> IntAt(int column) const {
    const Cell* cell = Of(column, Cell::Type::kInt);
    return cell != nullptr ? std::optional(cell->number) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string_view> TextAt(int column) const {
    const Cell* cell = Of(column, Cell::Type::kText);
    return cell != nullptr ? std::optional(cell->text) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string_view> BlobAt(int column) const {
    const Cell* cell = Of(column, Cell::Type::kBlob);
    return cell != nullptr ? std::optional(cell->text) : std::nullopt;
  }
  [[nodiscard]] bool IsNullAt(int column) const {
    return Of(column, Cell::Type::kNull) != nullptr;
  }

 private:
  [[nodiscard]] const Cell* Of(int column, Cell::Type type) const {
    const Cell& cell = cells_[static_cast<size_t>(column)];
    return cell.type == type ? &cell : nullptr;
  }

  std::array<Cell, kMost> cells_{};
  size_t size_ = 0;
};

// Hands one value on to a Sink.
template <typename Sink>
void BindCell(const Cell& cell, Sink& sink) {
  switch (cell.type) {
    case Cell::Type::kNull:
      sink.Null();
      return;
    case Cell::Type::kInt:
      sink.Int(cell.number);
      return;
    case Cell::Type::kText:
      sink.Text(cell.text);
      return;
    case Cell::Type::kBlob:
      sink.Blob(cell.text);
  }
}

}  // namespace pawl::db
