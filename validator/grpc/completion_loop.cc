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
