// FakeRng: the same bytes for the same seed, on every machine. Not secure.
//
// Thread-safe; with several threads the order of calls decides who gets what.
#pragma once

#include <mutex>
#include <random>

#include "base/rng.h"

namespace pawl::testing {

class FakeRng final : public Rng {
 public:
  explicit FakeRng(uint64_t seed = 1) : engine_(seed) {}

  void Fill(std::span<uint8_t> out) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (uint8_t& byte : out) {
      byte = static_cast<uint8_t>(engine_() >> 56U);
    }
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace pawl::testing
