#include "db/postgres/watchdog.h"

#include <sys/socket.h>

namespace pawl::db::postgres {

Watchdog::Watch::Watch(Watchdog& watchdog, int socket,
                       std::chrono::milliseconds patience)
    : watchdog_(watchdog) {
  const Clock::time_point end = Clock::now() + patience;
  const std::lock_guard lock(watchdog_.mutex_);
  entry_ = watchdog_.watched_.emplace(end, socket);
  // Otherwise it wakes soon enough and looks again.
  if (end < watchdog_.wakes_at_) {
    watchdog_.changed_.notify_one();
  }
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.watched_.erase(entry_);
}

Watchdog::Watchdog() : thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wakes_at_ = ShutDownExpired(Clock::now());
    if (wakes_at_ == Clock::time_point::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, wakes_at_);
    }
  }
}

Watchdog::Clock::time_point Watchdog::ShutDownExpired(Clock::time_point now) {
  for (auto& [end, socket] : watched_) {
    if (end > now) {
      return end;
    }
    if (socket != kShutDown) {
      ::shutdown(socket, SHUT_RDWR);
      socket = kShutDown;
    }
  }
  return Clock::time_point::max();
}

}  // namespace pawl::db::postgres
