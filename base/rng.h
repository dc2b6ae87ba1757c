// Rng: random bytes for keys, ids and nonces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/secret.h"

namespace pawl {

// Thread safety: Fill() may be called from any thread.
class Rng {
 public:
  Rng() = default;
  virtual ~Rng() = default;
  Rng(const Rng&) = delete;
  Rng& operator=(const Rng&) = delete;

  virtual void Fill(std::span<uint8_t> out) = 0;

  [[nodiscard]] SecretBytes Secret(size_t size);
  // Uniform in [1, 2^63): fits every store's signed 64-bit key.
  [[nodiscard]] uint64_t RandomId();
};

// The operating system's generator through OpenSSL; aborts when it fails,
// because nothing safe can be done without it.
class SystemRng final : public Rng {
 public:
  void Fill(std::span<uint8_t> out) override;
};

}  // namespace pawl
