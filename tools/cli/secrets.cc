#include "tools/cli/secrets.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ct_equal.h"
#include "base/file.h"
#include "base/key_access.h"
#include "base/secret.h"
#include "base/text.h"
#include "tools/cli/report.h"
#include "tools/cli/terminal.h"

namespace pawl::tools {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

StatusOr<SecretBytes> ReadStandardInput(size_t most) {
  // Reserved at once, so that growing leaves no copies behind.
  std::vector<uint8_t> contents;
  contents.reserve(most + 1);
  std::array<uint8_t, 4096> buffer{};
  while (contents.size() <= most) {
    const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size < 0) {
      return BadInput("standard input", "cannot be read");
    }
    if (size == 0) {
      Wipe(buffer);
      return SecretBytes(std::move(contents));
    }
    contents.insert(contents.end(), buffer.begin(), buffer.begin() + size);
  }
  Wipe(contents);
  return BadInput("standard input",
                  "more than " + std::to_string(most / 1024) + " KiB");
}

// Protobuf has no mutable view of a text; the message itself is mutable.
void WipeText(const std::string& text) {
  Wipe(const_cast<std::string&>(text));
}

// Every text of a field that is set, or of a message inside it.
void WipeField(Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  std::string scratch;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const WipeAtEnd inner(*reflection->MutableMessage(&message, field));
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    WipeText(reflection->GetStringReference(message, field, &scratch));
  }
}

// The same of a field that repeats.
void WipeElements(Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  std::string scratch;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const WipeAtEnd inner(
          *reflection->MutableRepeatedMessage(&message, field, i));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      WipeText(
          reflection->GetRepeatedStringReference(message, field, i, &scratch));
    }
  }
}

}  // namespace

StatusOr<std::string> ReadSecretFile(const std::filesystem::path& path,
                                     size_t most) {
  StatusOr<SecretBytes> contents =
      path == "-" ? ReadStandardInput(most) : ReadPrivateFile(path, most);
  if (!contents.ok()) {
    return MakeStatus(StatusCode::kInvalidArgument,
                      MessageOf(contents.status()));
  }
  const std::string_view text = AsText(contents->Reveal(GrantKeyAccess()));
  if (!IsValidUtf8(text)) {
    return BadInput(path.native(), "not UTF-8");
  }
  return std::string(text);
}

WipeAtEnd::~WipeAtEnd() {
  std::vector<const FieldDescriptor*> fields;
  message_.GetReflection()->ListFields(message_, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) {
      WipeElements(message_, field);
    } else {
      WipeField(message_, field);
    }
  }
}

SecretSource::SecretSource(std::string option, std::string file)
    : option_(std::move(option)), file_(std::move(file)) {}

SecretSource::~SecretSource() {
  if (contents_.has_value()) {
    Wipe(*contents_);
  }
}

StatusOr<std::string> SecretSource::NextLine() {
  if (!contents_.has_value()) {
    PAWL_ASSIGN_OR_RETURN(contents_, ReadSecretFile(file_));
  }
  std::string_view rest = *contents_;
  rest.remove_prefix(offset_);
  std::string_view line = rest.substr(0, rest.find('\n'));
  offset_ += std::min(line.size() + 1, rest.size());
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return std::string(line);
}

StatusOr<std::string> SecretSource::Next(std::string_view what) {
  if (file_.empty()) {
    std::optional<std::string> typed = AskTerminal(what);
    if (!typed.has_value()) {
      return BadInput(what, "there is no terminal to ask on: use " + option_);
    }
    if (typed->empty()) {
      return BadInput(what, "nothing was typed");
    }
    return *std::move(typed);
  }
  PAWL_ASSIGN_OR_RETURN(std::string line, NextLine());
  if (line.empty()) {
    return BadInput(what, option_ + " has no line for it");
  }
  return line;
}

StatusOr<std::string> SecretSource::NextNew(std::string_view what) {
  PAWL_ASSIGN_OR_RETURN(std::string secret, Next(what));
  if (!file_.empty()) {
    return secret;
  }
  PAWL_ASSIGN_OR_RETURN(std::string again,
                        Next("repeat the " + std::string(what)));
  const bool same = ConstantTimeEqual(secret, again);
  Wipe(again);
  if (!same) {
    return BadInput(what, "the two entries differ");
  }
  return secret;
}

}  // namespace pawl::tools
