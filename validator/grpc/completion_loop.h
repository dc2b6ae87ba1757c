// CompletionLoop: one completion queue with its one thread, and the calls that
// wait on it.
//
// Thread safety: as each method says.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include <grpcpp/completion_queue.h>

namespace pawl::validator {

// What a completion queue hands back: the next step of a call.
class Completion {
 public:
  // `ok` as grpc::CompletionQueue::Next gives it. Called on the loop's thread.
  virtual void OnDone(bool ok) = 0;

 protected:
  ~Completion() = default;
};

class CompletionLoop {
 public:
  explicit CompletionLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}
  // The server must be shut down, and Stop() called, before.
  ~CompletionLoop() { Stop(); }
  CompletionLoop(const CompletionLoop&) = delete;
  CompletionLoop& operator=(const CompletionLoop&) = delete;

  [[nodiscard]] grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // Once, after the server was started and the first calls were made.
  void Start();

  // From now on no call should wait for another request. Any thread.
  void Close() { closed_ = true; }
  [[nodiscard]] bool IsClosed() const { return closed_; }

  // Each call counts itself in and out; any thread.
  void Enter() {
    const std::lock_guard lock(mutex_);
    ++calls_;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--calls_ == 0) {
      empty_.notify_all();
    }
  }

  // Waits until all calls have left, then ends the thread. After the server's
  // Shutdown(), which makes waiting calls leave.
  void Stop();

 private:
  void Run();

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::atomic<bool> closed_ = false;
  std::mutex mutex_;
  std::condition_variable empty_;
  size_t calls_ = 0;
  std::thread thread_;
};

}  // namespace pawl::validator
