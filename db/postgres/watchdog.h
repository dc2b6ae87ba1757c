// Watchdog: ends calls that wait for a server that does not answer.
//
// statement_timeout is the server's, and off while a commit waits for its
// standby; tcp_user_timeout is the kernel's, and does not see a process that
// hangs. So a call that lasts too long gets its socket shut down under it:
// it fails, and nobody knows what the server did. Never cancel instead: a
// cancelled wait for a standby is reported as a success.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace pawl::db::postgres {

class Watchdog {
 private:
  using Clock = std::chrono::steady_clock;
  using Sockets = std::multimap<Clock::time_point, int>;

 public:
  // One call under watch, until destruction.
  class Watch {
   public:
    // The socket must stay open as long as the watch.
    Watch(Watchdog& watchdog, int socket, std::chrono::milliseconds patience);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& watchdog_;
    Sockets::iterator entry_;
  };

  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  static constexpr int kShutDown = -1;

  void Run();
  // Shuts down what has waited too long; when the next one will have.
  Clock::time_point ShutDownExpired(Clock::time_point now);

  std::mutex mutex_;
  std::condition_variable changed_;
  Sockets watched_;  // by the time when patience ends
  Clock::time_point wakes_at_ = Clock::time_point::max();
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::db::postgres
