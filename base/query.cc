#include "base/query.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace pawl {
namespace {

constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

// NUL and line ends are what keyboards and C programs leave behind a code;
// other control characters and bytes beyond ASCII nobody sends in good faith.
bool IsPlain(std::string_view text) {
  static constexpr std::string_view kEnds("\t\n\r\0", 4);
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= ' ' && c <= '~') || kEnds.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    if (text.front() != '%') {
      decoded += text.front() == '+' ? ' ' : text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::optional<Bytes> byte =
        text.size() < 3 ? std::nullopt : HexDecode(text.substr(1, 2));
    if (!byte.has_value()) {
      return std::nullopt;
    }
    decoded += AsText(*byte);
    text.remove_prefix(3);
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      encoded += '%';
      encoded += kDigits[byte >> 4U];
      encoded += kDigits[byte & 15U];
    }
  }
  return encoded;
}

std::optional<Parameters> Parameters::Parse(std::string_view text) {
  Parameters parameters;
  std::vector<Parameter>& all = parameters.all_;
  while (!text.empty()) {
    std::string_view value = TakeUntil(text, '&');
    if (value.empty()) {
      continue;
    }
    std::optional<std::string> name = PercentDecode(TakeUntil(value, '='));
    std::optional<std::string> decoded = PercentDecode(value);
    if (!name.has_value() || !decoded.has_value() || !IsPlain(*name) ||
        !IsPlain(*decoded) || all.size() == kMaxParameters) {
      return std::nullopt;
    }
    all.push_back({.name = *std::move(name), .value = *std::move(decoded)});
  }
  // The last one of a name comes first, and stays.
  std::reverse(all.begin(), all.end());
  const auto by_name = [](const Parameter& a, const Parameter& b) {
    return a.name < b.name;
  };
  std::stable_sort(all.begin(), all.end(), by_name);
  all.erase(std::unique(all.begin(), all.end(),
                        [](const Parameter& a, const Parameter& b) {
                          return a.name == b.name;
                        }),
            all.end());
  return parameters;
}

std::string_view Parameters::Get(std::string_view name) const {
  const auto found =
      std::find_if(all_.begin(), all_.end(),
                   [&](const Parameter& one) { return one.name == name; });
  return found == all_.end() ? std::string_view() : found->value;
}

}  // namespace pawl
