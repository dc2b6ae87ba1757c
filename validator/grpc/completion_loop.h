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
#include <vector>

#include <grpcpp/alarm.h>
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
      : queue_(std::move(queue)), bell_(*this) {}
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

  // Has `posted.OnDone(true)` called on the loop's thread. Any thread. What is
  // posted together wakes it once; and gRPC, called from another thread than
  // the one that polls, would hand the work to threads of its own.
  void Post(Completion& posted);

  // Waits until all calls have left, then ends the thread. After the server's
  // Shutdown(), which makes waiting calls leave.
  void Stop();

 private:
  // Rings when something was posted.
  class Bell final : public Completion {
   public:
    explicit Bell(CompletionLoop& loop) : loop_(&loop) {}
    void OnDone(bool) override { loop_->DoPosted(); }

   private:
    CompletionLoop* loop_;
  };

  void Run();
  void DoPosted();

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::atomic<bool> closed_ = false;
  std::mutex mutex_;
  std::condition_variable empty_;
  size_t calls_ = 0;
  Bell bell_;
  grpc::Alarm alarm_;  // how a completion queue is woken
  std::mutex posted_mutex_;
  std::vector<Completion*> posted_;  // the bell rings while there are any
  std::vector<Completion*> doing_;   // of the loop's thread
  std::thread thread_;
};

}  // namespace pawl::validator
