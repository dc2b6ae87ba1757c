#include "validator/http/roster.h"

#include <vector>

namespace pawl::validator {

bool Roster::Enter(const std::shared_ptr<Connection>& connection) {
  std::shared_ptr<Connection> evicted;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return false;
    }
    if (entries_.size() >= limit_) {
      if (waiting_.empty()) {
        return false;
      }
      const auto longest = entries_.find(waiting_.front());
      evicted = longest->second.connection.lock();
      waiting_.pop_front();
      entries_.erase(longest);
    }
    entries_.emplace(connection.get(),
                     Entry{.connection = connection, .waiting = {}});
  }
  if (evicted != nullptr) {
    evicted->Close();
  }
  return true;
}

void Roster::Leave(const Connection& connection) {
  (void)EndWait(connection);
  const std::lock_guard lock(mutex_);
  entries_.erase(&connection);
  if (entries_.empty()) {
    gone_.notify_all();
  }
}

bool Roster::BeginWait(const Connection& connection) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(&connection);
  if (stopping_ || found == entries_.end()) {
    return false;
  }
  Entry& entry = found->second;
  if (entry.waits) {
    return true;
  }
  entry.waiting = waiting_.insert(waiting_.end(), &connection);
  entry.waits = true;
  return true;
}

bool Roster::EndWait(const Connection& connection) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(&connection);
  if (found == entries_.end()) {
    return false;
  }
  if (found->second.waits) {
    waiting_.erase(found->second.waiting);
    found->second.waits = false;
  }
  return true;
}

void Roster::Stop(Millis grace) {
  const auto close = [this](bool all) {
    std::vector<std::shared_ptr<Connection>> closing;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const auto& [connection, entry] : entries_) {
        if (all || entry.waits) {
          closing.push_back(entry.connection.lock());
        }
      }
    }
    for (const std::shared_ptr<Connection>& connection : closing) {
      if (connection != nullptr) {
        connection->Close();
      }
    }
  };
  close(/*all=*/false);
  {
    std::unique_lock lock(mutex_);
    gone_.wait_for(lock, grace, [this] { return entries_.empty(); });
  }
  close(/*all=*/true);
  std::unique_lock lock(mutex_);
  gone_.wait(lock, [this] { return entries_.empty(); });
}

}  // namespace pawl::validator
