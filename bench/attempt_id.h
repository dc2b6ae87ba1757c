// Attempt ids that lead back to the slot of their question.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/rng.h"

namespace pawl::bench {

// Thread safety: like std::string.
class AttemptIds {
 public:
  explicit AttemptIds(Rng& rng) : run_(rng.RandomId()) {}

  // 36 hex digits, never the same twice.
  [[nodiscard]] std::string Next(uint32_t slot) {
    char text[40];
    const int size = std::snprintf(text, sizeof(text), "%016lx%012lx%08x", run_,
                                   ++count_, slot);
    return {text, static_cast<size_t>(size)};
  }

 private:
  uint64_t run_;
  uint64_t count_ = 0;
};

// The slot that was given to Next(); UINT32_MAX for a text of another shape.
[[nodiscard]] inline uint32_t SlotOf(const std::string& attempt_id) {
  constexpr size_t kSlotAt = 28;
  if (attempt_id.size() != kSlotAt + 8) {
    return UINT32_MAX;
  }
  return static_cast<uint32_t>(
      std::strtoul(attempt_id.c_str() + kSlotAt, nullptr, 16));
}

}  // namespace pawl::bench
