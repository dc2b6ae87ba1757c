// Argon2id: the slow hash of passwords, and the text that stores it.
//
// The text is a PHC string, "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH" in
// base64 without padding, as the `argon2` program writes it. argon2id.cc is the
// only file that uses libargon2, and it trusts none of libargon2's parsing.
//
// Pure functions; thread-safe. Hashing starts no threads, whatever `lanes` is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace pawl::validator {

// The cost of one hash. The defaults are OWASP's for servers.
struct Argon2Parameters {
  uint32_t memory_kib = 19 * 1024;
  uint32_t passes = 2;
  uint32_t lanes = 1;
};

// What a stored text may ask for (I8).
inline constexpr uint32_t kMaxArgon2MemoryKib = 1024 * 1024;
inline constexpr uint32_t kMaxArgon2Passes = 100;
inline constexpr uint32_t kMaxArgon2Lanes = 16;

// What is stored of a password.
struct PasswordHash {
  Argon2Parameters parameters{};
  Bytes salt{};  // 8 to 64 bytes
  Bytes hash{};  // 16 to 64 bytes
};
inline constexpr size_t kSaltSize = 16;  // of new ones
inline constexpr size_t kHashSize = 32;

// True for 1 to the maximum of each, and at least 8 KiB for each lane.
[[nodiscard]] bool IsAllowed(const Argon2Parameters& parameters);

// True when `stored` is cheaper to guess at than a new hash with `parameters`:
// less memory, fewer passes, a shorter salt or hash.
[[nodiscard]] bool IsWeaker(const PasswordHash& stored,
                            const Argon2Parameters& parameters);

[[nodiscard]] std::string FormatPhc(const PasswordHash& stored);

// What FormatPhc() wrote, exactly; DATA_LOSS for anything else.
[[nodiscard]] StatusOr<PasswordHash> ParsePhc(std::string_view phc);

// `size` bytes; UNAVAILABLE when there is no memory for it. `parameters` must
// be allowed, and `salt` and `size` as in PasswordHash. Any password will do,
// also an empty one.
[[nodiscard]] StatusOr<Bytes> Argon2id(const Argon2Parameters& parameters,
                                       std::span<const uint8_t> password,
                                       std::span<const uint8_t> salt,
                                       size_t size);

}  // namespace pawl::validator
