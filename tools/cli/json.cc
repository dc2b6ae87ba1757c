#include "tools/cli/json.h"

#include <google/protobuf/util/json_util.h>

#include "base/status.h"

namespace pawl::tools {

std::string ToJson(const google::protobuf::Message& message,
                   JsonDefaults defaults) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = defaults == JsonDefaults::kWriteOut;
  std::string json;
  PAWL_CHECK(
      google::protobuf::util::MessageToJsonString(message, &json, options)
          .ok());
  return json;
}

bool FromJson(std::string_view text, google::protobuf::Message& message) {
  return google::protobuf::util::JsonStringToMessage(
             google::protobuf::StringPiece(text.data(), text.size()), &message)
      .ok();
}

}  // namespace pawl::tools
