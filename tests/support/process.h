// RunProgram: runs another program to its end, for comparing with peers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::testing {

struct ProcessResult {
  int exit_code = -1;    // -1: it did not start or a signal ended it
  std::string output{};  // what it wrote to stdout
};

// `command` is the program, looked up in PATH, and its arguments. `input`, at
// most 4 KiB, is its stdin; its stderr is the test's.
ProcessResult RunProgram(const std::vector<std::string>& command,
                         std::string_view input = {});

// The non-empty lines of `text`.
std::vector<std::string> LinesOf(std::string_view text);

}  // namespace pawl::testing
