#include "validator/grpc/completion_loop.h"

#include <pthread.h>

namespace pawl::validator {

void CompletionLoop::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "hot_calls");
}

void CompletionLoop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    static_cast<Completion*>(tag)->OnDone(ok);
  }
}

void CompletionLoop::Post(Completion& posted) {
  const std::lock_guard lock(posted_mutex_);
  posted_.push_back(&posted);
  if (posted_.size() == 1) {
    alarm_.Set(queue_.get(), gpr_time_0(GPR_CLOCK_MONOTONIC),
               static_cast<Completion*>(&bell_));
  }
}

void CompletionLoop::DoPosted() {
  {
    const std::lock_guard lock(posted_mutex_);
    doing_.swap(posted_);
  }
  for (Completion* posted : doing_) {
    posted->OnDone(true);
  }
  doing_.clear();
}

void CompletionLoop::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  {
    std::unique_lock lock(mutex_);
    empty_.wait(lock, [this] { return calls_ == 0; });
  }
  queue_->Shutdown();
  thread_.join();
}

}  // namespace pawl::validator
