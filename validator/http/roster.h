// Roster: the connections of a listener, so that there are never too many and
// the silent ones make room.
//
// Thread safety: all methods may be called from any thread. It must outlive its
// connections.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/time.h"

namespace pawl::validator {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  virtual ~Connection() = default;
  // Ends it soon; from any thread.
  virtual void Close() = 0;
};

class Roster {
 public:
  explicit Roster(size_t limit) : limit_(limit) {}

  // False when there are too many, all at work: `connection` is not taken.
  // Otherwise the one that has waited longest makes room where needed.
  [[nodiscard]] bool Enter(const std::shared_ptr<Connection>& connection);
  void Leave(const Connection& connection);

  // A connection that waits for its peer, for a request or its rest, may be
  // closed to make room.
  // False once Stop() was called, or when it was sent away: it must end.
  [[nodiscard]] bool BeginWait(const Connection& connection);
  // False when it was sent away meanwhile.
  [[nodiscard]] bool EndWait(const Connection& connection);

  // Closes the waiting ones, and after `grace` all.
  void Stop(Millis grace);

 private:
  struct Entry {
    std::weak_ptr<Connection> connection;
    std::list<const Connection*>::iterator waiting;
    bool waits = false;
  };

  size_t limit_;
  std::mutex mutex_;
  std::condition_variable gone_;
  std::unordered_map<const Connection*, Entry> entries_;
  std::list<const Connection*> waiting_;  // the longest first
  bool stopping_ = false;
};

}  // namespace pawl::validator
