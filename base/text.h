// Text rules that do not depend on the locale.
//
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// Lower-cases A-Z only: "I" becomes "i" in every locale, UTF-8 is kept.
[[nodiscard]] std::string AsciiLower(std::string_view text);

[[nodiscard]] bool IsAscii(std::string_view text);

// What is before the first `separator`, taken off `text` together with it; all
// of `text` when it has none.
[[nodiscard]] std::string_view TakeUntil(std::string_view& text,
                                         char separator);

// Takes the first code point off `text`, which must not be empty (PAWL_CHECK).
// Where `text` does not begin with valid UTF-8, takes one byte and gives
// nullopt.
[[nodiscard]] std::optional<char32_t> TakeCodePoint(std::string_view& text);

// True for U+0000..U+001F and U+007F..U+009F.
[[nodiscard]] constexpr bool IsControl(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

// True for valid UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool IsValidUtf8(std::string_view text);

// The number of code points, or nullopt when `text` is not valid UTF-8.
[[nodiscard]] std::optional<size_t> CountCodePoints(std::string_view text);

// True when `text` has a C0 or C1 control character or DEL. What is not valid
// UTF-8 is not looked at.
[[nodiscard]] bool HasControlCharacters(std::string_view text);

// Unicode normalisation form C: the same PIN typed on two systems is the same
// bytes. nullopt when `text` is not valid UTF-8.
[[nodiscard]] std::optional<std::string> NormalizeNfc(std::string_view text);

}  // namespace pawl
