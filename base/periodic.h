// Periodic: a thread that does something again and again.
//
// Thread safety: the constructor's `work` is called on one thread only. Stop()
// waits until it is not running, and is called by the destructor.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "base/time.h"

namespace pawl {

class Periodic {
 public:
  // Calls `work` every `period`, the first time after one. `name` has 15
  // letters at most.
  Periodic(const char* name, Millis period, std::function<void()> work)
      : period_(period), work_(std::move(work)), thread_([this] { Run(); }) {
    pthread_setname_np(thread_.native_handle(), name);
  }
  ~Periodic() { Stop(); }
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, period_, [this] { return stopping_; })) {
      lock.unlock();
      work_();
      lock.lock();
    }
  }

  const Millis period_;
  const std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl
