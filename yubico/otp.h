// Yubico OTP: splitting the text and opening the block.
//
// Text = public id (0..16 bytes as modhex) + 32 modhex letters = one AES-128
// block. The only file that uses libyubikey is yubico/otp.cc, and it trusts
// none of libyubikey's validation.
//
// Pure functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/crypto.h"

namespace pawl::yubico {

inline constexpr size_t kCipherLetters = 32;
inline constexpr size_t kMaxPublicIdLetters = 32;
inline constexpr size_t kPrivateIdSize = 6;
inline constexpr size_t kAesKeySize = 16;

// One OTP text taken apart, not yet decrypted.
struct OtpText {
  std::string public_id;  // lower-case modhex, 0..32 letters, even
  AesBlock cipher{};
};

// The plaintext of one OTP (protocols: A.2).
struct OtpBlock {
  std::array<uint8_t, kPrivateIdSize> private_id{};
  uint16_t use_counter = 0;  // 15 bits; the caps-lock bit is masked off
  bool caps_lock = false;    // bit 15 of the raw counter
  uint32_t timestamp = 0;    // 24 bits at about 8 Hz, wraps
  uint8_t session_use = 0;
  uint16_t random = 0;
};

// Strips trailing CR and LF, nothing else.
[[nodiscard]] std::string_view StripLineEnd(std::string_view text);

// Reads `text` (already stripped) as modhex in either ASCII case. nullopt when
// the length is not 32..64 and even or a character is outside the alphabet.
[[nodiscard]] std::optional<OtpText> ParseModhex(std::string_view text);

// Reads `text` as modhex typed through a US Dvorak layout, in either case.
[[nodiscard]] std::optional<OtpText> ParseDvorak(std::string_view text);

// Decrypts and checks CRC and private id, the latter in constant time and
// always. nullopt for any mismatch; which one it was is nobody's business.
[[nodiscard]] std::optional<OtpBlock> Open(
    const AesBlock& cipher, std::span<const uint8_t, kAesKeySize> aes_key,
    std::span<const uint8_t, kPrivateIdSize> private_id);

// Encrypts a block: what a YubiKey types after its public id. For software
// tokens and tests.
[[nodiscard]] AesBlock Seal(const OtpBlock& block,
                            std::span<const uint8_t, kAesKeySize> aes_key);

// CRC-16 of the protocol (reflected 0x8408, start 0xffff); over a whole good
// block it is kCrcResidue.
inline constexpr uint16_t kCrcResidue = 0xf0b8;
[[nodiscard]] uint16_t Crc16(std::span<const uint8_t> bytes);

// use counter << 8 | session use: grows with every OTP a key types.
[[nodiscard]] constexpr uint64_t PositionOf(const OtpBlock& block) {
  return (uint64_t{block.use_counter} << 8) | block.session_use;
}

}  // namespace pawl::yubico
