// The OpenSSL primitives Pawl uses, with contexts cached per thread: a fresh
// EVP fetch costs five times the HMAC itself (measured), so nothing here
// fetches twice on one thread.
//
// All functions are thread-safe. They abort on impossible failures of OpenSSL
// (out of memory, missing provider): a wrong answer would be worse.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/secret.h"

namespace pawl {

// Stored on disk: do not renumber.
enum class Hash : int { kSha1 = 1, kSha256 = 2, kSha512 = 3 };

// The digest's size in bytes: 20, 32 or 64.
[[nodiscard]] size_t DigestSize(Hash hash);

// A keyed HMAC that computes many MACs under one key (a window scan). Borrows
// one of the thread's contexts: make it, use it and drop it inside one
// function. Any key length is allowed, also 0.
class Hmac {
 public:
  Hmac(Hash hash, std::span<const uint8_t> key);
  ~Hmac();
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  // Writes DigestSize(hash) bytes to the front of `out`.
  void Compute(std::span<const uint8_t> message, std::span<uint8_t, 64> out);

 private:
  Hash hash_;
  bool used_ = false;
  void* context_;  // EVP_MAC_CTX
};

// In one call.
[[nodiscard]] std::array<uint8_t, 20> HmacSha1(
    std::span<const uint8_t> key, std::span<const uint8_t> message);
[[nodiscard]] std::array<uint8_t, 32> HmacSha256(
    std::span<const uint8_t> key, std::span<const uint8_t> message);

[[nodiscard]] Bytes Digest(Hash hash, std::span<const uint8_t> message);
[[nodiscard]] std::array<uint8_t, 16> Md5(std::span<const uint8_t> message);

// One AES-128 block, ECB, no padding.
using AesBlock = std::array<uint8_t, 16>;
[[nodiscard]] AesBlock Aes128Decrypt(std::span<const uint8_t, 16> key,
                                     const AesBlock& cipher);
[[nodiscard]] AesBlock Aes128Encrypt(std::span<const uint8_t, 16> key,
                                     const AesBlock& plain);

// AES-256-GCM with a 12-byte nonce. Seal appends the 16-byte tag; Open returns
// nullopt when key, nonce, `aad` or text do not belong together.
[[nodiscard]] Bytes AeadSeal(std::span<const uint8_t, 32> key,
                             std::span<const uint8_t, 12> nonce,
                             std::span<const uint8_t> aad,
                             std::span<const uint8_t> plain);
[[nodiscard]] std::optional<SecretBytes> AeadOpen(
    std::span<const uint8_t, 32> key, std::span<const uint8_t, 12> nonce,
    std::span<const uint8_t> aad, std::span<const uint8_t> sealed);

}  // namespace pawl
