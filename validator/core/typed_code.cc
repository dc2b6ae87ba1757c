#include "validator/core/typed_code.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/ct_equal.h"
#include "base/secret.h"
#include "base/status.h"
#include "db/ids.h"
#include "validator/core/credential.h"
#include "yubico/otp.h"

namespace pawl::validator {
namespace {

using db::kBitsPerIdDigit;
using db::kIdAlphabet;

constexpr size_t kDeviceLetters = 8;
constexpr size_t kSecretLetters = 26;
constexpr size_t kChecksumLetters = 2;
constexpr size_t kBodyLetters = kDeviceLetters + kSecretLetters;
constexpr size_t kPasswordLetters = kBodyLetters + kChecksumLetters;
constexpr size_t kPasswordGroup = 6;

constexpr size_t kCodeLetters = 16;
constexpr size_t kCodeGroup = 4;
constexpr size_t kPrintedCode = 19;

bool IsSeparator(char c) {
  return c == '-' || c == ' ';
}

// The letter that `typed` stands for, or 0.
char LetterOf(char typed) {
  const bool upper = typed >= 'A' && typed <= 'Z';
  const char lower = upper ? static_cast<char>(typed - 'A' + 'a') : typed;
  switch (lower) {
    case 'o':
      return '0';
    case 'i':
    case 'l':
      return '1';
    default:
      return kIdAlphabet.find(lower) == std::string_view::npos ? '\0' : lower;
  }
}

// Writes the first bits of `bytes` as `letters` letters. `out` has room for
// them: growing would leave a copy of a secret on the heap.
void AppendLetters(std::span<const uint8_t> bytes, size_t letters,
                   std::string& out) {
  uint32_t pending = 0;
  unsigned count = 0;  // bits in `pending` not yet written
  size_t next = 0;
  for (; letters > 0; --letters) {
    if (count < kBitsPerIdDigit) {
      pending = (pending << 8U) | bytes[next++];
      count += 8;
    }
    count -= kBitsPerIdDigit;
    out += kIdAlphabet[(pending >> count) & 31U];
  }
}

// `letters` in groups joined by '-'. Wipes `letters`.
std::string Print(std::string letters, size_t group) {
  std::string printed;
  printed.reserve(letters.size() + letters.size() / group);
  for (size_t i = 0; i < letters.size(); ++i) {
    if (i > 0 && i % group == 0) {
      printed += '-';
    }
    printed += letters[i];
  }
  Wipe(letters);
  return printed;
}

// The `count` letters of `typed` in normal form, or nullopt when there are
// more, fewer or other characters.
std::optional<std::string> ReadLetters(std::string_view typed, size_t count) {
  std::string letters;
  letters.reserve(count);
  bool fits = true;
  for (const char c : typed) {
    if (IsSeparator(c)) {
      continue;
    }
    const char letter = LetterOf(c);
    fits = letter != '\0' && letters.size() < count;
    if (!fits) {
      break;
    }
    letters += letter;
  }
  if (!fits || letters.size() != count) {
    Wipe(letters);
    return std::nullopt;
  }
  return letters;
}

void AppendChecksum(std::string_view body, std::string& out) {
  AppendLetters(Digest(Hash::kSha256, AsBytes(body)), kChecksumLetters, out);
}

uint64_t NumberOf(std::string_view letters) {
  uint64_t number = 0;
  for (const char letter : letters) {
    number = number << kBitsPerIdDigit | kIdAlphabet.find(letter);
  }
  return number;
}

// Whether separators stand between the groups of a printed recovery code.
bool HasGroups(std::string_view printed) {
  for (size_t i = kCodeGroup; i < printed.size(); i += kCodeGroup + 1) {
    if (!IsSeparator(printed[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string FormatDevicePassword(uint64_t device,
                                 std::span<const uint8_t> random) {
  PAWL_CHECK(device != 0 && device <= db::kMaxDeviceId);
  PAWL_CHECK(random.size() == kDeviceRandomBytes);
  std::array<uint8_t, 5> number{};
  for (size_t i = number.size(); i > 0; --i) {
    number[i - 1] = static_cast<uint8_t>(device);
    device >>= 8U;
  }
  std::string letters;
  letters.reserve(kPasswordLetters);
  AppendLetters(number, kDeviceLetters, letters);
  AppendLetters(random, kSecretLetters, letters);
  AppendChecksum(letters, letters);
  return Print(std::move(letters), kPasswordGroup);
}

std::optional<DevicePassword> ReadDevicePassword(std::string_view typed) {
  if (typed.size() > kMaxDevicePasswordBytes) {
    return std::nullopt;
  }
  std::optional<std::string> letters =
      ReadLetters(yubico::StripLineEnd(typed), kPasswordLetters);
  if (!letters.has_value()) {
    return std::nullopt;
  }
  const std::string_view text = *letters;
  std::string checksum;
  AppendChecksum(text.substr(0, kBodyLetters), checksum);
  const bool right = ConstantTimeEqual(checksum, text.substr(kBodyLetters));
  DevicePassword password{
      .device = NumberOf(text.substr(0, kDeviceLetters)),
      .secret = std::string(text.substr(kDeviceLetters, kSecretLetters))};
  Wipe(*letters);
  if (!right || password.device == 0) {
    Wipe(password.secret);
    return std::nullopt;
  }
  return password;
}

std::string FormatRecoveryCode(std::span<const uint8_t> random) {
  PAWL_CHECK(random.size() == kRecoveryRandomBytes);
  std::string letters;
  letters.reserve(kCodeLetters);
  AppendLetters(random, kCodeLetters, letters);
  return Print(std::move(letters), kCodeGroup);
}

std::vector<RecoveryReading> ReadRecoveryCode(std::string_view credential) {
  std::vector<RecoveryReading> readings;
  if (credential.size() > kMaxCredentialBytes) {
    return readings;
  }
  const std::string_view text = yubico::StripLineEnd(credential);
  for (const size_t length : {kPrintedCode, kCodeLetters}) {
    if (text.size() < length) {
      continue;
    }
    const size_t split = text.size() - length;
    const std::string_view typed = text.substr(split);
    if (length == kPrintedCode && !HasGroups(typed)) {
      continue;
    }
    std::optional<std::string> code = ReadLetters(typed, kCodeLetters);
    if (code.has_value()) {
      readings.push_back({text.substr(0, split), *std::move(code)});
    }
  }
  return readings;
}

}  // namespace pawl::validator
