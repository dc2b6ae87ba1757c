#include "base/status.h"

#include <cstdlib>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "base/log.h"

namespace pawl {
namespace {

// Where InvalidField() keeps the field's name inside the status.
constexpr const char* kFieldPayload = "pawl/field";

}  // namespace

Status MakeStatus(StatusCode code, std::string_view message) {
  return {code, absl::string_view(message.data(), message.size())};
}

Status InvalidField(std::string_view field, std::string_view problem) {
  std::string message(field);
  message += ": ";
  message += problem;
  Status status = MakeStatus(StatusCode::kInvalidArgument, message);
  status.SetPayload(kFieldPayload,
                    absl::Cord(absl::string_view(field.data(), field.size())));
  return status;
}

Status NotFound(std::string_view message) {
  return MakeStatus(StatusCode::kNotFound, message);
}

Status AlreadyExists(std::string_view message) {
  return MakeStatus(StatusCode::kAlreadyExists, message);
}

Status Aborted(std::string_view message) {
  return MakeStatus(StatusCode::kAborted, message);
}

Status Unavailable(std::string_view message) {
  return MakeStatus(StatusCode::kUnavailable, message);
}

Status DataLoss(std::string_view message) {
  return MakeStatus(StatusCode::kDataLoss, message);
}

Status Internal(std::string_view message) {
  return MakeStatus(StatusCode::kInternal, message);
}

Status FailedPrecondition(std::string_view message) {
  return MakeStatus(StatusCode::kFailedPrecondition, message);
}

std::string FieldOf(const Status& status) {
  const auto field = status.GetPayload(kFieldPayload);
  return field.has_value() ? static_cast<std::string>(*field) : std::string();
}

std::string MessageOf(const Status& status) {
  const absl::string_view message = status.message();
  return {message.data(), message.size()};
}

std::string ToString(const Status& status) {
  std::string text = absl::StatusCodeToString(status.code());
  if (!status.ok()) {
    text += ": ";
    text += MessageOf(status);
  }
  return text;
}

namespace internal {

void CheckFailed(const char* file, int line, const char* what) {
  Log(Severity::kError, "check_failed")
      .With("file", file)
      .With("line", int64_t{line})
      .With("condition", what);
  std::abort();
}

}  // namespace internal
}  // namespace pawl
