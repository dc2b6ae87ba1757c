// QR codes for the terminal.
#pragma once

#include <optional>
#include <string>

namespace pawl::tools {

// `text` as a QR code: lines of half-block characters, two modules high each,
// black on white whatever the colours of the terminal are, with the quiet zone
// of four modules. nullopt when `text` is too long for any QR code.
[[nodiscard]] std::optional<std::string> RenderQr(const std::string& text);

}  // namespace pawl::tools
