// Pool: a bounded number of connections to one database.
//
// Thread safety: all methods may be called from any thread; a Lease belongs to
// one thread. The pool outlives its leases.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "db/postgres/connection.h"

namespace pawl::db::postgres {

class Pool {
 public:
  // A connection in use; goes back at destruction.
  class Lease {
   public:
    ~Lease();
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

  // At most `size` connections, opened when first needed. `watchdog` outlives
  // the pool.
  Pool(std::string conninfo, const Patience& patience, Watchdog& watchdog,
       size_t size)
      : conninfo_(std::move(conninfo)),
        patience_(patience),
        watchdog_(watchdog),
        size_(size) {}

  // A connection that was alive a moment ago. Waits a bounded time;
  // UNAVAILABLE when all stay in use, otherwise as Connection::Open().
  [[nodiscard]] StatusOr<Lease> Acquire();

 private:
  // Waits for a turn; null when there is none to use again.
  [[nodiscard]] StatusOr<std::unique_ptr<Connection>> TakeIdle();
  void Return(std::unique_ptr<Connection> connection);

  const std::string conninfo_;
  const Patience patience_;
  Watchdog& watchdog_;
  const size_t size_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  size_t in_use_ = 0;
};

}  // namespace pawl::db::postgres
