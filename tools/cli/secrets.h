// Secrets on their way in: from a private file, standard input or the terminal.
// Never from an argument, which everybody on the machine can read.
//
// They end up in protobuf messages, so they are plain strings here; what can be
// wiped is wiped.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "base/file.h"
#include "base/status.h"

namespace pawl::tools {

// The contents of a file that only its owner can read, or of standard input
// when `path` is "-"; at most `most` bytes of UTF-8. Anything else is
// BadInput().
[[nodiscard]] StatusOr<std::string> ReadSecretFile(
    const std::filesystem::path& path, size_t most = kSmallFile);

// Wipes all texts of a message, also in messages inside it, when this dies.
class WipeAtEnd {
 public:
  explicit WipeAtEnd(google::protobuf::Message& message) : message_(message) {}
  ~WipeAtEnd();
  WipeAtEnd(const WipeAtEnd&) = delete;
  WipeAtEnd& operator=(const WipeAtEnd&) = delete;

 private:
  google::protobuf::Message& message_;
};

// SecretSource gives one secret after the other: the lines of a file, or what
// is typed on the terminal without echo.
class SecretSource {
 public:
  // `file` is the value of the option called `option`: a path, "-" for standard
  // input, or empty for the terminal.
  SecretSource(std::string option, std::string file);
  ~SecretSource();
  SecretSource(const SecretSource&) = delete;
  SecretSource& operator=(const SecretSource&) = delete;

  // The next secret, without its line end. BadInput() when there is none, or it
  // is empty.
  [[nodiscard]] StatusOr<std::string> Next(std::string_view what);
  // The same for a new secret: a terminal has to give it twice.
  [[nodiscard]] StatusOr<std::string> NextNew(std::string_view what);

 private:
  [[nodiscard]] StatusOr<std::string> NextLine();

  std::string option_;
  std::string file_;
  std::optional<std::string> contents_;  // of the file, once read
  size_t offset_ = 0;                    // where the next line begins
};

}  // namespace pawl::tools
