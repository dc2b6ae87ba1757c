#include "validator/http/json_error.h"

#include <algorithm>

#include <google/protobuf/struct.pb.h>

#include "base/bytes.h"
#include "base/text.h"
#include "pawl/v1/verdict.pb.h"
#include "validator/http/json_message.h"

namespace pawl::validator {
namespace {

struct Code {
  grpc::StatusCode code;
  unsigned http;
  std::string_view name;
};

// The Connect protocol's table.
constexpr Code kCodes[] = {
    {grpc::StatusCode::CANCELLED, 499, "canceled"},
    {grpc::StatusCode::UNKNOWN, 500, "unknown"},
    {grpc::StatusCode::INVALID_ARGUMENT, 400, "invalid_argument"},
    {grpc::StatusCode::DEADLINE_EXCEEDED, 504, "deadline_exceeded"},
    {grpc::StatusCode::NOT_FOUND, 404, "not_found"},
    {grpc::StatusCode::ALREADY_EXISTS, 409, "already_exists"},
    {grpc::StatusCode::PERMISSION_DENIED, 403, "permission_denied"},
    {grpc::StatusCode::RESOURCE_EXHAUSTED, 429, "resource_exhausted"},
    {grpc::StatusCode::FAILED_PRECONDITION, 400, "failed_precondition"},
    {grpc::StatusCode::ABORTED, 409, "aborted"},
    {grpc::StatusCode::OUT_OF_RANGE, 400, "out_of_range"},
    {grpc::StatusCode::UNIMPLEMENTED, 501, "unimplemented"},
    {grpc::StatusCode::INTERNAL, 500, "internal"},
    {grpc::StatusCode::UNAVAILABLE, 503, "unavailable"},
    {grpc::StatusCode::DATA_LOSS, 500, "data_loss"},
    {grpc::StatusCode::UNAUTHENTICATED, 401, "unauthenticated"},
};

const Code& CodeOf(grpc::StatusCode code) {
  for (const Code& known : kCodes) {
    if (known.code == code) {
      return known;
    }
  }
  return kCodes[1];
}

google::protobuf::Value Text(std::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  return value;
}

// The same as a stream would carry it: a google.protobuf.Any in Connect's form.
google::protobuf::Value DetailOf(const v1::CallError& error) {
  google::protobuf::Value detail;
  auto& fields = *detail.mutable_struct_value()->mutable_fields();
  fields["type"] = Text(v1::CallError::descriptor()->full_name());
  std::string value = Base64Encode(AsBytes(error.SerializeAsString()));
  value.erase(value.find_last_not_of('=') + 1);
  fields["value"] = Text(value);
  (*fields["debug"].mutable_struct_value()->mutable_fields())["field"] =
      Text(error.field());
  return detail;
}

}  // namespace

HttpResponse JsonError(grpc::StatusCode code, std::string_view message,
                       std::string_view field) {
  const Code& known = CodeOf(code);
  google::protobuf::Struct body;
  auto& fields = *body.mutable_fields();
  fields["code"] = Text(known.name);
  fields["message"] = Text(message);
  if (!field.empty()) {
    v1::CallError error;
    error.set_code(static_cast<int>(code));
    error.set_message(std::string(message));
    error.set_field(std::string(field));
    *fields["details"].mutable_list_value()->add_values() = DetailOf(error);
  }
  HttpResponse response{
      .status = known.http,
      .type = "application/json",
      .body = WriteJson(body).value_or("{\"code\":\"internal\"}")};
  if (known.http == 429 || known.http == 503) {
    response.headers.push_back({"Retry-After", "1"});
  }
  return response;
}

HttpResponse JsonError(const Status& failure) {
  return JsonError(static_cast<grpc::StatusCode>(failure.code()),
                   MessageOf(failure), FieldOf(failure));
}

bool IsJson(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  const std::string type = AsciiLower(content_type.substr(0, kJson.size()));
  const std::string_view rest =
      content_type.substr(std::min(kJson.size(), content_type.size()));
  return type == kJson && (rest.empty() || rest[0] == ';' || rest[0] == ' ');
}

}  // namespace pawl::validator
