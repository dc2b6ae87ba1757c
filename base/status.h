// Status: how Pawl reports failures (storage down, bad input, corrupt row).
//
// Answers (wrong code, replayed, ...) are db::Reason, never a Status. Bugs are
// PAWL_CHECK. This file is the only place that knows that Debian builds Abseil
// with its own string_view; everything else passes std::string_view.
//
// A message never holds a secret, a PIN or a code. An error caused by one
// request field names that field: InvalidField("pin", "must have ...").
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl {

using absl::OkStatus;
using absl::Status;
using absl::StatusCode;
using absl::StatusOr;

[[nodiscard]] Status MakeStatus(StatusCode code, std::string_view message);

// The request field `field` (snake_case, as in the proto) is not acceptable.
// FieldOf() of the result is `field`; the message reads "field: problem".
[[nodiscard]] Status InvalidField(std::string_view field,
                                  std::string_view problem);

[[nodiscard]] Status NotFound(std::string_view message);
[[nodiscard]] Status AlreadyExists(std::string_view message);
[[nodiscard]] Status Aborted(std::string_view message);
[[nodiscard]] Status Unavailable(std::string_view message);
[[nodiscard]] Status DataLoss(std::string_view message);
[[nodiscard]] Status Internal(std::string_view message);
[[nodiscard]] Status FailedPrecondition(std::string_view message);

// The field that an InvalidField() status complains about, or "".
[[nodiscard]] std::string FieldOf(const Status& status);

// The message as std::string.
[[nodiscard]] std::string MessageOf(const Status& status);

// "UNAVAILABLE: disk full", for logs and terminals.
[[nodiscard]] std::string ToString(const Status& status);

namespace internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* what);
inline const Status& StatusOf(const Status& status) {
  return status;
}
template <typename T>
const Status& StatusOf(const StatusOr<T>& value) {
  return value.status();
}
}  // namespace internal
}  // namespace pawl

// Aborts the process: only for what would be a bug of ours, never for input.
#define PAWL_CHECK(condition)                                        \
  do {                                                               \
    if (!(condition)) {                                              \
      ::pawl::internal::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                                \
  } while (false)

#define PAWL_CONCAT_INNER_(a, b) a##b
#define PAWL_CONCAT_(a, b) PAWL_CONCAT_INNER_(a, b)

// Returns from the function when `expression` (Status or StatusOr) failed.
#define PAWL_RETURN_IF_ERROR(expression)                               \
  do {                                                                 \
    if (const auto& pawl_status_ = (expression); !pawl_status_.ok()) { \
      return ::pawl::internal::StatusOf(pawl_status_);                 \
    }                                                                  \
  } while (false)

// PAWL_ASSIGN_OR_RETURN(Type name, Expression()): the value, or return.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes none.
#define PAWL_ASSIGN_OR_RETURN(target, expression) \
  PAWL_ASSIGN_OR_RETURN_(PAWL_CONCAT_(pawl_or_, __LINE__), target, expression)
#define PAWL_ASSIGN_OR_RETURN_(temporary, target, expression) \
  auto temporary = (expression);                              \
  if (!temporary.ok()) {                                      \
    return std::move(temporary).status();                     \
  }                                                           \
  target = *std::move(temporary)
// NOLINTEND(bugprone-macro-parentheses)
