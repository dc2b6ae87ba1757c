#include "base/rng.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include <openssl/rand.h>

#include "base/status.h"

namespace pawl {

SecretBytes Rng::Secret(size_t size) {
  std::vector<uint8_t> bytes(size);
  Fill(bytes);
  return SecretBytes(std::move(bytes));
}

uint64_t Rng::RandomId() {
  uint64_t id = 0;
  while (id == 0) {
    std::array<uint8_t, 8> bytes{};
    Fill(bytes);
    for (const uint8_t byte : bytes) {
      id = (id << 8U) | byte;
    }
    id &= uint64_t{std::numeric_limits<int64_t>::max()};
  }
  return id;
}

void SystemRng::Fill(std::span<uint8_t> out) {
  constexpr size_t kMaxCall = 1U << 20U;  // OpenSSL counts with int
  while (!out.empty()) {
    const size_t size = std::min(out.size(), kMaxCall);
    PAWL_CHECK(RAND_priv_bytes(out.data(), static_cast<int>(size)) == 1);
    out = out.subspan(size);
  }
}

}  // namespace pawl
