#include "base/bytes.h"

#include <array>
#include <utility>

#include "base/secret.h"

namespace pawl {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr uint8_t kNotInAlphabet = 0xff;

enum class Case { kExact, kEither };

// A text form that writes `bits` bits as one letter, most significant first.
struct Coding {
  std::string_view alphabet;
  unsigned bits = 0;
  std::array<uint8_t, 256> values{};
};

constexpr char OtherCase(char c) {
  if (c >= 'a' && c <= 'z') {
    return static_cast<char>(c - 'a' + 'A');
  }
  if (c >= 'A' && c <= 'Z') {
    return static_cast<char>(c - 'A' + 'a');
  }
  return c;
}

constexpr Coding MakeCoding(std::string_view alphabet, unsigned bits,
                            Case letter_case) {
  Coding coding{.alphabet = alphabet, .bits = bits};
  for (uint8_t& value : coding.values) {
    value = kNotInAlphabet;
  }
  for (size_t i = 0; i < alphabet.size(); ++i) {
    const char letter = alphabet[i];
    coding.values[static_cast<uint8_t>(letter)] = static_cast<uint8_t>(i);
    if (letter_case == Case::kEither) {
      coding.values[static_cast<uint8_t>(OtherCase(letter))] =
          static_cast<uint8_t>(i);
    }
  }
  return coding;
}

constexpr Coding kHexCoding = MakeCoding(kHex, 4, Case::kEither);
constexpr Coding kBase32Coding = MakeCoding(kBase32, 5, Case::kEither);
constexpr Coding kBase64Coding = MakeCoding(kBase64, 6, Case::kExact);

std::string Encode(const Coding& coding, std::span<const uint8_t> bytes) {
  const uint32_t mask = (1U << coding.bits) - 1;
  std::string text;
  text.reserve(bytes.size() * 2 + 4);  // enough for hex and for padding
  uint32_t pending = 0;
  unsigned count = 0;  // bits in `pending` not yet written
  for (const uint8_t byte : bytes) {
    pending = (pending << 8U) | byte;
    count += 8;
    while (count >= coding.bits) {
      count -= coding.bits;
      text += coding.alphabet[(pending >> count) & mask];
    }
  }
  if (count > 0) {
    text += coding.alphabet[(pending << (coding.bits - count)) & mask];
  }
  return text;
}

// Puts letters together to bytes.
class Decoder {
 public:
  Decoder(const Coding& coding, size_t max_letters) : coding_(coding) {
    // Never grows, so that no copy of a secret is left on the heap.
    bytes_.reserve(max_letters * coding.bits / 8 + 1);
  }
  ~Decoder() { Wipe(bytes_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // False when `letter` is not in the alphabet.
  [[nodiscard]] bool Put(char letter) {
    const uint8_t value = coding_.values[static_cast<uint8_t>(letter)];
    if (value == kNotInAlphabet) {
      return false;
    }
    pending_ = (pending_ << coding_.bits) | value;
    count_ += coding_.bits;
    if (count_ >= 8) {
      count_ -= 8;
      bytes_.push_back(static_cast<uint8_t>(pending_ >> count_));
    }
    return true;
  }

  // The bytes, unless a whole letter or a set bit is left over.
  [[nodiscard]] std::optional<Bytes> Finish() {
    const uint32_t left_over = pending_ & ((1U << count_) - 1);
    if (count_ >= coding_.bits || left_over != 0) {
      return std::nullopt;
    }
    return std::exchange(bytes_, {});
  }

 private:
  const Coding& coding_;
  Bytes bytes_;
  uint32_t pending_ = 0;
  unsigned count_ = 0;  // bits in `pending_` not yet part of a byte
};

std::optional<Bytes> Decode(const Coding& coding, std::string_view text) {
  Decoder decoder(coding, text.size());
  for (const char letter : text) {
    if (!decoder.Put(letter)) {
      return std::nullopt;
    }
  }
  return decoder.Finish();
}

}  // namespace

std::string HexEncode(std::span<const uint8_t> bytes) {
  return Encode(kHexCoding, bytes);
}

std::optional<Bytes> HexDecode(std::string_view text) {
  return Decode(kHexCoding, text);
}

std::string Base32Encode(std::span<const uint8_t> bytes) {
  return Encode(kBase32Coding, bytes);
}

std::optional<Bytes> Base32Decode(std::string_view text) {
  Decoder decoder(kBase32Coding, text.size());
  size_t letters = 0;
  size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '-') {
      continue;
    }
    if (c == '=') {
      ++padding;
      continue;
    }
    if (padding > 0 || !decoder.Put(c)) {
      return std::nullopt;
    }
    ++letters;
  }
  if (padding > 0 && (padding >= 8 || (letters + padding) % 8 != 0)) {
    return std::nullopt;
  }
  return decoder.Finish();
}

std::string Base64Encode(std::span<const uint8_t> bytes) {
  std::string text = Encode(kBase64Coding, bytes);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<Bytes> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
    text.remove_suffix(1);
  }
  return Decode(kBase64Coding, text);
}

}  // namespace pawl
