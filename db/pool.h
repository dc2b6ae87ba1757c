// Pool: a bounded number of connections to one database.
//
// `Connection` is an engine's, with Usable(): false for one that must not be
// used again, and is closed instead.
//
// Thread safety: all methods may be called from any thread; a Lease belongs to
// one thread. The pool outlives its leases.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/status.h"

namespace pawl::db {

template <typename Connection>
class Pool {
 public:
  using Open = std::function<StatusOr<std::unique_ptr<Connection>>()>;

  // A connection in use; goes back at destruction.
  class Lease {
   public:
    ~Lease() {
      if (connection_ != nullptr) {
        pool_->Return(std::move(connection_));
      }
    }
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class Pool;
    Lease(Pool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // At most `size` connections, opened by `open` when first needed.
  Pool(size_t size, std::chrono::milliseconds patience, Open open)
      : size_(size), patience_(patience), open_(std::move(open)) {}

  // Waits as long as its patience; UNAVAILABLE when all stay in use, otherwise
  // as `open`.
  [[nodiscard]] StatusOr<Lease> Acquire() {
    PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, TakeIdle());
    if (connection == nullptr || !connection->Usable()) {
      StatusOr<std::unique_ptr<Connection>> opened = open_();
      if (!opened.ok()) {
        Return(nullptr);
        return opened.status();
      }
      connection = *std::move(opened);
    }
    return Lease(*this, std::move(connection));
  }

 private:
  // Waits for a turn; null when there is none to use again.
  [[nodiscard]] StatusOr<std::unique_ptr<Connection>> TakeIdle() {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, patience_,
                            [this] { return in_use_ < size_; })) {
      return Unavailable("all database connections stay in use");
    }
    ++in_use_;
    std::unique_ptr<Connection> connection;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    return connection;
  }

  void Return(std::unique_ptr<Connection> connection) {
    if (connection != nullptr && !connection->Usable()) {
      connection.reset();
    }
    {
      const std::lock_guard lock(mutex_);
      --in_use_;
      if (connection != nullptr) {
        idle_.push_back(std::move(connection));
      }
    }
    returned_.notify_one();
  }

  const size_t size_;
  const std::chrono::milliseconds patience_;
  const Open open_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  size_t in_use_ = 0;
};

}  // namespace pawl::db
