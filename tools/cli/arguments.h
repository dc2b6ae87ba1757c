// The command line, read with CLI11.
#pragma once

#include <optional>

#include <CLI/CLI.hpp>

namespace pawl::tools {

// Reads the arguments into the variables bound to `app`. Returns the exit
// status when the program is to end here: after --help or --version, or after
// a mistake, which is then reported already. The only place that catches
// CLI11's exceptions.
[[nodiscard]] std::optional<int> ParseArguments(CLI::App& app, int argc,
                                                const char* const* argv);

}  // namespace pawl::tools
