// Modhex: the YubiKey's way to write bytes with sixteen letters that sit on
// the same keys of most Latin keyboards ("cbdefghijklnrtuv", protocols: Yubico
// OTP). Strict: libyubikey's decoder turns unknown letters into 0, ours
// refuses them.
//
// Pure functions; thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace pawl::yubico {

// True when every character is one of the sixteen lower-case letters.
[[nodiscard]] bool IsModhex(std::string_view text);

// Lower-case modhex of even length to bytes, else nullopt.
[[nodiscard]] std::optional<Bytes> ModhexDecode(std::string_view text);
[[nodiscard]] std::string ModhexEncode(std::span<const uint8_t> bytes);

// What a host with the US Dvorak layout shows for a modhex text, mapped back
// ("jxe.uidchtnbpygk" in modhex order). nullopt when a character is in neither
// case of that set. Twelve letters belong to both alphabets, so the caller
// must always try the modhex reading first.
[[nodiscard]] std::optional<std::string> FromDvorak(std::string_view text);

}  // namespace pawl::yubico
