// Params, Arrays: values on their way to a statement.
//
// Every value travels as text: numbers, and bytes in the hexadecimal form of
// bytea. All texts of the schema are bytea, because PostgreSQL's own text can
// hold neither NUL nor what is not UTF-8; so no value needs quoting, and bytes
// sort as they do in the other engines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace pawl::db::postgres {

// The values of $1, $2, ...
class Params {
 public:
  Params& Int(int64_t value) { return Add(std::to_string(value)); }
  Params& Text(std::string_view value) { return Blob(value); }
  Params& Blob(std::string_view value) {
    return Add("\\x" + HexEncode(AsBytes(value)));
  }
  Params& Null() { return Add(std::nullopt); }
  // A literal of an array, as Arrays makes them.
  Params& Array(std::string literal) { return Add(std::move(literal)); }

  // Null pointers for NULL; they live as long as this.
  [[nodiscard]] std::vector<const char*> Pointers() const {
    std::vector<const char*> pointers;
    pointers.reserve(values_.size());
    for (const std::optional<std::string>& value : values_) {
      pointers.push_back(value.has_value() ? value->c_str() : nullptr);
    }
    return pointers;
  }

 private:
  Params& Add(std::optional<std::string> value) {
    values_.push_back(std::move(value));
    return *this;
  }
  std::vector<std::optional<std::string>> values_;
};

// Rows as one array per column, for unnest(). Values go into the columns from
// left to right, row by row.
class Arrays {
 public:
  explicit Arrays(size_t columns) : columns_(columns, "{") {}

  Arrays& Int(int64_t value) {
    Next() += std::to_string(value);
    return *this;
  }
  Arrays& Text(std::string_view value) { return Blob(value); }
  Arrays& Blob(std::string_view value) {
    std::string& column = Next();
    column += "\"\\\\x";
    column += HexEncode(AsBytes(value));
    column += '"';
    return *this;
  }
  Arrays& Null() {
    Next() += "NULL";
    return *this;
  }

  // One parameter per column.
  void MoveTo(Params& params) && {
    for (std::string& column : columns_) {
      column += '}';
      params.Array(std::move(column));
    }
  }

 private:
  std::string& Next() {
    std::string& column = columns_[next_];
    next_ = (next_ + 1) % columns_.size();
    if (column.size() > 1) {
      column += ',';
    }
    return column;
  }

  std::vector<std::string> columns_;
  size_t next_ = 0;
};

}  // namespace pawl::db::postgres
