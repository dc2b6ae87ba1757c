// ReadRow: a record from the cells of a row, or what is wrong with it.
//
// `Cells` is an engine's view of a row: IntAt(column), TextAt(column),
// BlobAt(column) give std::nullopt for another type (NULL included),
// IsNullAt(column) tells; columns count from 0. Texts and blobs are anything
// that makes a std::string.
#pragma once

#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "db/record.h"
#include "db/table.h"

namespace pawl::db {

// Reads the columns of one row from left to right and remembers the first that
// cannot be right.
template <typename Cells>
class RowReader {
 public:
  explicit RowReader(const Cells& cells) : cells_(cells) {}

  int64_t Int() { return Take(cells_.IntAt(next_)).value_or(0); }
  std::string Text() { return Chars(Take(cells_.TextAt(next_))); }
  std::string Blob() { return Chars(Take(cells_.BlobAt(next_))); }

  // Within [min, max]; min when it is not.
  template <typename T>
  T Number(T min, T max) {
    const int64_t value = Int();
    if (std::cmp_less(value, min) || std::cmp_greater(value, max)) {
      Wrong(next_ - 1);
      return min;
    }
    return static_cast<T>(value);
  }
  template <typename T>
  T Number() {
    return Number(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  }
  uint64_t Unsigned() { return Number<uint64_t>(0, kMaxPosition); }
  int64_t Sequence() {
    return Number<int64_t>(1, std::numeric_limits<int64_t>::max());
  }
  bool Bool() { return Number<int>(0, 1) == 1; }
  UnixTime Time() { return FromUnixMillis(Int()); }
  // The number, known or not; MalformedField() tells.
  template <typename E>
  E Enum() {
    return static_cast<E>(Number<int>());
  }

  std::string TextOrNull() { return SkipNull() ? std::string() : Text(); }
  std::string BlobOrNull() { return SkipNull() ? std::string() : Blob(); }
  template <typename Id>
  std::optional<Id> IdOrNull() {
    return SkipNull() ? std::nullopt : std::optional(Id{Unsigned()});
  }
  std::optional<Position> PositionOrNull() {
    return SkipNull() ? std::nullopt : std::optional(Unsigned());
  }
  std::optional<UnixTime> TimeOrNull() {
    return SkipNull() ? std::nullopt : std::optional(Time());
  }
  template <typename E>
  std::optional<E> EnumOrNull() {
    return SkipNull() ? std::nullopt : std::optional(Enum<E>());
  }

  // The number of the first wrong column, if any.
  [[nodiscard]] std::optional<size_t> wrong() const { return wrong_; }

 private:
  template <typename T>
  std::optional<T> Take(std::optional<T> value) {
    if (!value.has_value()) {
      Wrong(next_);
    }
    ++next_;
    return value;
  }
  template <typename T>
  static std::string Chars(std::optional<T> value) {
    return value.has_value() ? std::string(*std::move(value)) : std::string();
  }

  // Goes past a NULL.
  bool SkipNull() {
    if (!cells_.IsNullAt(next_)) {
      return false;
    }
    ++next_;
    return true;
  }

  void Wrong(int column) {
    if (!wrong_.has_value()) {
      wrong_ = static_cast<size_t>(column);
    }
  }

  const Cells& cells_;
  int next_ = 0;
  std::optional<size_t> wrong_;
};

namespace internal {

// What a row is called in an error: its number, or its key in hex.
template <typename Cells>
std::string KeyOf(const Cells& cells) {
  if (const auto number = cells.IntAt(0); number.has_value()) {
    return std::to_string(*number);
  }
  const auto key = cells.BlobAt(0);
  return key.has_value() ? HexEncode(AsBytes(*key)) : std::string();
}

}  // namespace internal

// DATA_LOSS: what a row is refused with that cannot be right.
template <typename Record>
[[nodiscard]] Status ImpossibleRow(const std::string& key,
                                   std::string_view column) {
  std::string message = "row " + key + " of table ";
  message += Table<Record>::kName;
  message += " has an impossible ";
  message += column;
  return DataLoss(message);
}

// The record whose columns start at column 0 of `cells`. DATA_LOSS, naming
// table, row and column, when it cannot be right.
template <typename Record, typename Cells>
[[nodiscard]] StatusOr<Record> ReadRow(const Cells& cells) {
  using T = Table<Record>;
  RowReader<Cells> row(cells);
  Record record = T::Read(row);
  const std::string_view field = row.wrong().has_value()
                                     ? T::kColumns[*row.wrong()]
                                     : MalformedField(record);
  if (field.empty()) {
    return record;
  }
  return ImpossibleRow<Record>(internal::KeyOf(cells), field);
}

}  // namespace pawl::db
