#include "validator/http/json_message.h"

#include <google/protobuf/util/json_util.h>

namespace pawl::validator {
namespace {

namespace json = google::protobuf::util;

// The field that protobuf's complaint begins with, "(a.b) c: Cannot find
// field." or "(a.b): ..."; empty when it begins with no field of `type`. The
// rest of the complaint quotes the input, which may be a secret.
std::string FieldIn(std::string_view complaint,
                    const google::protobuf::Descriptor& type) {
  constexpr std::string_view kNameLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.[]";
  const std::string_view head = complaint.substr(0, complaint.find(':'));
  std::string name;
  for (const char c : head) {
    if (kNameLetters.find(c) != std::string_view::npos) {
      name += c;
    } else if (c == ' ') {
      name += '.';
    } else if (c != '(' && c != ')') {
      return {};
    }
  }
  const std::string first = name.substr(0, name.find_first_of(".["));
  const bool is_field = type.FindFieldByName(first) != nullptr ||
                        type.FindFieldByCamelcaseName(first) != nullptr;
  const bool is_unknown = complaint.ends_with(": Cannot find field.");
  return is_field || is_unknown ? name : std::string();
}

}  // namespace

Status ReadJson(std::string_view json, google::protobuf::Message& message) {
  const auto read = json::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &message);
  if (read.ok()) {
    return OkStatus();
  }
  const std::string field =
      FieldIn(std::string_view(read.message().data(), read.message().size()),
              *message.GetDescriptor());
  const std::string problem =
      "is not JSON of " + message.GetDescriptor()->full_name();
  return field.empty()
             ? MakeStatus(StatusCode::kInvalidArgument, "the body " + problem)
             : InvalidField(field, problem);
}

StatusOr<std::string> WriteJson(const google::protobuf::Message& message) {
  std::string text;
  if (!json::MessageToJsonString(message, &text).ok()) {
    return Internal("the answer is no JSON");
  }
  return text;
}

}  // namespace pawl::validator
