// Options: the command line of pawld and the environment.
#pragma once

#include <optional>
#include <string>

#include "validator/config.h"

namespace pawl::validator {

struct Options {
  std::string config_file{};
  bool check_config = false;
  Values flags{};
};

// What the command line asks for, or the exit code when the process is done:
// 0 after --help or --version, 2 after a mistake that was printed to stderr.
struct ParsedOptions {
  std::optional<Options> options{};
  int exit_code = 0;
};
[[nodiscard]] ParsedOptions ParseOptions(int argc, const char* const* argv);

// The settings in the environment. Call it before threads start.
[[nodiscard]] Values ReadEnvironment();

}  // namespace pawl::validator
