// Messages as JSON documents, by protobuf's own mapping.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

namespace pawl::tools {

enum class JsonDefaults { kLeaveOut, kWriteOut };

// One indented document with a line end; field names as in the proto files.
[[nodiscard]] std::string ToJson(const google::protobuf::Message& message,
                                 JsonDefaults defaults);

// Reads what ToJson() wrote, or any other JSON form of the message. False when
// `text` is something else; why stays untold, because protobuf's messages quote
// the text, and that may be a secret.
[[nodiscard]] bool FromJson(std::string_view text,
                            google::protobuf::Message& message);

}  // namespace pawl::tools
