#include "yubico/otp.h"

#include <algorithm>
#include <cstddef>

#include <yubikey.h>

#include "base/ct_equal.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/text.h"
#include "yubico/modhex.h"

namespace pawl::yubico {
namespace {

constexpr uint16_t kCapsLockBit = 0x8000;
constexpr uint32_t kMaxTimestamp = 0xffffff;

// Where the fields are comes from libyubikey; that they are little-endian on
// every host is ours.
static_assert(sizeof(yubikey_token_st) == sizeof(AesBlock));
static_assert(YUBIKEY_UID_SIZE == kPrivateIdSize);
static_assert(YUBIKEY_CRC_OK_RESIDUE == kCrcResidue);
constexpr size_t kCounterAt = offsetof(yubikey_token_st, ctr);
constexpr size_t kTimestampLowAt = offsetof(yubikey_token_st, tstpl);
constexpr size_t kTimestampHighAt = offsetof(yubikey_token_st, tstph);
constexpr size_t kSessionUseAt = offsetof(yubikey_token_st, use);
constexpr size_t kRandomAt = offsetof(yubikey_token_st, rnd);
constexpr size_t kCrcAt = offsetof(yubikey_token_st, crc);

uint16_t Load16(const AesBlock& block, size_t at) {
  return static_cast<uint16_t>(block.at(at) | (block.at(at + 1) << 8));
}

void Store16(AesBlock& block, size_t at, uint32_t value) {
  block.at(at) = static_cast<uint8_t>(value);
  block.at(at + 1) = static_cast<uint8_t>(value >> 8U);
}

// Takes a text in lower-case modhex apart.
std::optional<OtpText> Split(std::string_view text) {
  if (text.size() < kCipherLetters ||
      text.size() > kMaxPublicIdLetters + kCipherLetters) {
    return std::nullopt;
  }
  const size_t id_letters = text.size() - kCipherLetters;
  const std::string_view public_id = text.substr(0, id_letters);
  const std::optional<Bytes> cipher = ModhexDecode(text.substr(id_letters));
  if (id_letters % 2 != 0 || !IsModhex(public_id) || !cipher.has_value()) {
    return std::nullopt;
  }
  OtpText otp{.public_id = std::string(public_id)};
  std::copy(cipher->begin(), cipher->end(), otp.cipher.begin());
  return otp;
}

OtpBlock Unpack(const AesBlock& plain) {
  const uint16_t counter = Load16(plain, kCounterAt);
  OtpBlock block{
      .use_counter = static_cast<uint16_t>(counter & ~kCapsLockBit),
      .caps_lock = (counter & kCapsLockBit) != 0,
      .timestamp = (uint32_t{plain[kTimestampHighAt]} << 16U) |
                   Load16(plain, kTimestampLowAt),
      .session_use = plain[kSessionUseAt],
      .random = Load16(plain, kRandomAt),
  };
  std::copy_n(plain.begin(), kPrivateIdSize, block.private_id.begin());
  return block;
}

}  // namespace

std::string_view StripLineEnd(std::string_view text) {
  while (text.ends_with('\r') || text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<OtpText> ParseModhex(std::string_view text) {
  return Split(AsciiLower(text));
}

std::optional<OtpText> ParseDvorak(std::string_view text) {
  const std::optional<std::string> modhex = FromDvorak(text);
  return modhex.has_value() ? Split(*modhex) : std::nullopt;
}

std::optional<OtpBlock> Open(
    const AesBlock& cipher, std::span<const uint8_t, kAesKeySize> aes_key,
    std::span<const uint8_t, kPrivateIdSize> private_id) {
  AesBlock plain = Aes128Decrypt(aes_key, cipher);
  const bool crc_is_right = Crc16(plain) == kCrcResidue;
  const bool id_is_right = ConstantTimeEqual(
      std::span<const uint8_t>(plain).first<kPrivateIdSize>(), private_id);
  std::optional<OtpBlock> block;
  if (crc_is_right && id_is_right) {
    block = Unpack(plain);
  }
  Wipe(plain);
  return block;
}

AesBlock Seal(const OtpBlock& block,
              std::span<const uint8_t, kAesKeySize> aes_key) {
  PAWL_CHECK(block.use_counter < kCapsLockBit);
  PAWL_CHECK(block.timestamp <= kMaxTimestamp);
  AesBlock plain{};
  std::copy(block.private_id.begin(), block.private_id.end(), plain.begin());
  Store16(plain, kCounterAt,
          block.use_counter | (block.caps_lock ? kCapsLockBit : 0U));
  Store16(plain, kTimestampLowAt, block.timestamp);
  plain[kTimestampHighAt] = static_cast<uint8_t>(block.timestamp >> 16U);
  plain[kSessionUseAt] = block.session_use;
  Store16(plain, kRandomAt, block.random);
  const uint16_t crc = Crc16(std::span<const uint8_t>(plain).first<kCrcAt>());
  Store16(plain, kCrcAt, ~uint32_t{crc});
  const AesBlock cipher = Aes128Encrypt(aes_key, plain);
  Wipe(plain);
  return cipher;
}

uint16_t Crc16(std::span<const uint8_t> bytes) {
  return yubikey_crc16(bytes.data(), bytes.size());
}

}  // namespace pawl::yubico
