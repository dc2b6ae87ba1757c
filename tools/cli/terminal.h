// A question on the terminal, answered without echo.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::tools {

// Shows "`prompt`: " on the controlling terminal and returns the line that is
// typed, without its end; nullopt when there is no terminal. Ctrl-C ends the
// process as usual, with the echo switched on again.
[[nodiscard]] std::optional<std::string> AskTerminal(std::string_view prompt);

}  // namespace pawl::tools
