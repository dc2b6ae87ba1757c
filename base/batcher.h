// Batcher: one thread that works on what has come in, together.
//
// What arrives while one batch is being worked on is the next one: no timer,
// and no wait when idle. That is what makes one durable write of many.
//
// Thread safety: Add() may be called from any thread, also from `work`; the
// destructor works on what is left and must not run on the batcher's own
// thread.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace pawl {

template <typename Item>
class Batcher {
 public:
  using Work = std::function<void(std::span<Item>)>;

  struct Limits {
    size_t queue = 0;  // more than this waiting are not taken
    size_t batch = 0;  // more than this are worked on in turns
  };

  // `work` is called on one thread, called `name` (15 letters at most), with 1
  // to limits.batch items.
  Batcher(const char* name, const Limits& limits, Work work)
      : limits_(limits), work_(std::move(work)), thread_([this] { Run(); }) {
    pthread_setname_np(thread_.native_handle(), name);
  }

  ~Batcher() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // False when the queue is full: `item` was not taken.
  [[nodiscard]] bool Add(Item item) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= limits_.queue) {
      return false;
    }
    waiting_.push_back(std::move(item));
    if (idle_) {
      // With the lock: when the item's owner hears of it, the batcher may go.
      wake_.notify_one();
    }
    return true;
  }

 private:
  void Run() {
    std::vector<Item> batch;
    while (Take(batch)) {
      for (size_t begin = 0; begin < batch.size(); begin += limits_.batch) {
        work_(std::span(batch).subspan(
            begin, std::min(limits_.batch, batch.size() - begin)));
      }
      batch.clear();
    }
  }

  // False when there is nothing left and never will be.
  bool Take(std::vector<Item>& batch) {
    std::unique_lock lock(mutex_);
    idle_ = true;
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    idle_ = false;
    batch.swap(waiting_);
    return !batch.empty();
  }

  const Limits limits_;
  const Work work_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> waiting_;
  bool idle_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace pawl
