// How both programs speak to a person.
//
// Rules of all output: data goes to stdout, problems go to stderr as
// "program: message" in lower case without a full stop; a problem with one
// field of a request reads "program: field: problem". Text that came from
// elsewhere (labels, logins, messages of the server) passes EscapeText(), so
// that it cannot steer the terminal.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace pawl::tools {

// Exit statuses of both programs.
inline constexpr int kExitDone = 0;      // or: accepted, ready
inline constexpr int kExitRefused = 1;   // an answer, and it is no
inline constexpr int kExitBadInput = 2;  // usage, files, INVALID_ARGUMENT
inline constexpr int kExitFailed = 3;    // everything else

// `text` with control characters (C0, DEL, C1) and bytes that are not UTF-8 as
// \xNN, and a backslash doubled.
[[nodiscard]] std::string EscapeText(std::string_view text);

// The caller's input cannot be used: kExitBadInput.
[[nodiscard]] Status BadInput(std::string_view subject,
                              std::string_view problem);

// Prints `status`, which must not be OK, and returns the exit status.
[[nodiscard]] int ReportProblem(std::string_view program, const Status& status);

// Ends the output. A key or token that was shown into a full disk is lost, so
// this is checked: kExitDone, or a reported kExitFailed.
[[nodiscard]] int FlushOutput(std::string_view program);

}  // namespace pawl::tools
