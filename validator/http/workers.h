// Workers: a thread for what an HTTP door cannot do without blocking.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <functional>
#include <span>
#include <utility>

#include "base/batcher.h"

namespace pawl::validator {

class Workers {
 public:
  using Work = std::function<void()>;
  static constexpr size_t kMostWaiting = 64;

  Workers()
      : thread_("http_work", {.queue = kMostWaiting, .batch = 1},
                [](std::span<Work> batch) { batch.front()(); }) {}

  // False when too much is waiting: `work` was not taken.
  [[nodiscard]] bool Add(Work work) { return thread_.Add(std::move(work)); }

 private:
  Batcher<Work> thread_;
};

}  // namespace pawl::validator
