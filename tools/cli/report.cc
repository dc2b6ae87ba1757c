#include "tools/cli/report.h"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/text.h"

namespace pawl::tools {
namespace {

void AppendHex(std::string_view bytes, std::string& out) {
  for (const uint8_t byte : AsBytes(bytes)) {
    out += "\\x";
    out += HexEncode(std::span(&byte, 1));
  }
}

// "PERMISSION_DENIED" as "permission denied".
std::string Words(StatusCode code) {
  std::string name = AsciiLower(absl::StatusCodeToString(code));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace

std::string EscapeText(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string_view rest = text;
    const std::optional<char32_t> code_point = TakeCodePoint(rest);
    const std::string_view bytes = text.substr(0, text.size() - rest.size());
    if (!code_point.has_value() || IsControl(*code_point)) {
      AppendHex(bytes, out);
    } else if (bytes == "\\") {
      out += "\\\\";
    } else {
      out += bytes;
    }
    text = rest;
  }
  return out;
}

Status BadInput(std::string_view subject, std::string_view problem) {
  std::string message(subject);
  message += ": ";
  message += problem;
  return MakeStatus(StatusCode::kInvalidArgument, message);
}

int ReportProblem(std::string_view program, const Status& status) {
  const std::string message = MessageOf(status);
  std::cerr << program << ": "
            << (message.empty() ? Words(status.code()) : EscapeText(message))
            << std::endl;
  return status.code() == StatusCode::kInvalidArgument ? kExitBadInput
                                                       : kExitFailed;
}

int FlushOutput(std::string_view program) {
  if (std::cout.flush()) {
    return kExitDone;
  }
  return ReportProblem(program, Unavailable("cannot write the output"));
}

}  // namespace pawl::tools
