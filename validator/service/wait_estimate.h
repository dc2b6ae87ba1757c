// WaitEstimate: how long work that came now would wait for a worker.
//
// Not thread-safe; its owner guards it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace pawl::validator {

class WaitEstimate {
 public:
  using Duration = std::chrono::nanoseconds;
  // Sooner than this nobody is asked to come again.
  static constexpr Millis kLeast{100};

  // One piece of work took this long. The last dozen or so count, the newest
  // most.
  void Add(Duration took) {
    average_ =
        average_ == Duration::zero() ? took : average_ + (took - average_) / 8;
  }

  // With `waiting` pieces in the queue and all `workers` busy.
  [[nodiscard]] Millis For(size_t waiting, size_t workers) const {
    const Duration all = average_ * static_cast<int64_t>(waiting + workers);
    return std::max(
        kLeast, std::chrono::ceil<Millis>(all / static_cast<int64_t>(workers)));
  }

 private:
  Duration average_{};  // exponential; zero: nothing was measured yet
};

}  // namespace pawl::validator
