#include "yubico/modhex.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace pawl::yubico {
namespace {

constexpr std::string_view kModhex = "cbdefghijklnrtuv";
constexpr std::string_view kDvorak = "jxe.uidchtnbpygk";  // the same keys

constexpr uint8_t kNotInAlphabet = 0xff;

// From a letter to its place in `alphabet`.
constexpr std::array<uint8_t, 256> MakeTable(std::string_view alphabet) {
  std::array<uint8_t, 256> table{};
  for (uint8_t& value : table) {
    value = kNotInAlphabet;
  }
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  }
  return table;
}

constexpr std::array<uint8_t, 256> kModhexTable = MakeTable(kModhex);
constexpr std::array<uint8_t, 256> kDvorakTable = MakeTable(kDvorak);

uint8_t ModhexValue(char letter) {
  return kModhexTable[static_cast<uint8_t>(letter)];
}

}  // namespace

bool IsModhex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return ModhexValue(letter) != kNotInAlphabet;
  });
}

std::optional<Bytes> ModhexDecode(std::string_view text) {
  if (text.size() % 2 != 0 || !IsModhex(text)) {
    return std::nullopt;
  }
  Bytes bytes(text.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>((ModhexValue(text[2 * i]) << 4) |
                                    ModhexValue(text[2 * i + 1]));
  }
  return bytes;
}

std::string ModhexEncode(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text += kModhex[byte >> 4];
    text += kModhex[byte & 0x0f];
  }
  return text;
}

std::optional<std::string> FromDvorak(std::string_view text) {
  std::string modhex = AsciiLower(text);
  for (char& letter : modhex) {
    const uint8_t value = kDvorakTable[static_cast<uint8_t>(letter)];
    if (value == kNotInAlphabet) {
      return std::nullopt;
    }
    letter = kModhex[value];
  }
  return modhex;
}

}  // namespace pawl::yubico
