#include "base/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace pawl {
namespace {

const uint8_t* BytesOf(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// The memory of a whole vector of code points.
std::span<uint8_t> MemoryOf(std::vector<int32_t>& code_points) {
  return {reinterpret_cast<uint8_t*>(code_points.data()),
          code_points.size() * sizeof(int32_t)};
}

}  // namespace

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return lower;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

std::string_view TakeUntil(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  PAWL_CHECK(!text.empty());
  int32_t code_point = -1;
  const utf8proc_ssize_t length = utf8proc_iterate(
      BytesOf(text), static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  if (length <= 0) {
    text.remove_prefix(1);
    return std::nullopt;
  }
  text.remove_prefix(static_cast<size_t>(length));
  return static_cast<char32_t>(code_point);
}

bool IsValidUtf8(std::string_view text) {
  return CountCodePoints(text).has_value();
}

std::optional<size_t> CountCodePoints(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    if (!TakeCodePoint(text).has_value()) {
      return std::nullopt;
    }
    ++count;
  }
  return count;
}

bool HasControlCharacters(std::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> code_point = TakeCodePoint(text);
    if (code_point.has_value() && IsControl(*code_point)) {
      return true;
    }
  }
  return false;
}

std::optional<std::string> NormalizeNfc(std::string_view text) {
  if (IsAscii(text)) {
    return std::string(text);
  }
  // utf8proc_NFC() would leave copies of the text, maybe a PIN, on the heap.
  constexpr auto kNfc =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const auto given = static_cast<utf8proc_ssize_t>(text.size());
  const utf8proc_ssize_t needed =
      utf8proc_decompose(BytesOf(text), given, nullptr, 0, kNfc);
  if (needed < 0) {
    return std::nullopt;
  }
  // One more, because utf8proc_reencode() ends its result with a zero.
  std::vector<int32_t> buffer(static_cast<size_t>(needed) + 1);
  PAWL_CHECK(utf8proc_decompose(BytesOf(text), given, buffer.data(), needed,
                                kNfc) == needed);
  const utf8proc_ssize_t length =
      utf8proc_reencode(buffer.data(), needed, kNfc);
  PAWL_CHECK(length >= 0);
  std::string normalized(reinterpret_cast<const char*>(buffer.data()),
                         static_cast<size_t>(length));
  Wipe(MemoryOf(buffer));
  return normalized;
}

}  // namespace pawl
