// What Table<Record>::Bind() (db/table.h) makes of values that a column does
// not hold as they are.
//
// Thread safety: pure functions on their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "db/record.h"

namespace pawl::db {
namespace internal {

// MalformedField() has made sure that it fits.
inline int64_t Signed(uint64_t value) {
  return static_cast<int64_t>(value);
}

template <typename Sink>
void BindTextOrNull(Sink& sink, std::string_view text) {
  text.empty() ? static_cast<void>(sink.Null())
               : static_cast<void>(sink.Text(text));
}

template <typename Sink>
void BindBlobOrNull(Sink& sink, std::string_view blob) {
  blob.empty() ? static_cast<void>(sink.Null())
               : static_cast<void>(sink.Blob(blob));
}

template <typename Sink>
void BindIntOrNull(Sink& sink, const std::optional<int64_t>& value) {
  value.has_value() ? static_cast<void>(sink.Int(*value))
                    : static_cast<void>(sink.Null());
}

template <typename Id>
std::optional<int64_t> NumberOf(const std::optional<Id>& id) {
  return id.has_value() ? std::optional(Signed(id->value)) : std::nullopt;
}
inline std::optional<int64_t> NumberOf(const std::optional<Position>& p) {
  return p.has_value() ? std::optional(Signed(*p)) : std::nullopt;
}
inline std::optional<int64_t> NumberOf(const std::optional<UnixTime>& t) {
  return t.has_value() ? std::optional(ToUnixMillis(*t)) : std::nullopt;
}
inline std::optional<int64_t> NumberOf(const std::optional<Reason>& reason) {
  return reason.has_value() ? std::optional(static_cast<int64_t>(*reason))
                            : std::nullopt;
}

}  // namespace internal

}  // namespace pawl::db
