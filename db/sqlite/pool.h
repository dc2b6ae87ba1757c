// Pool: a bounded number of connections to one database file.
//
// Thread safety: all methods may be called from any thread; a Lease belongs to
// one thread. The pool outlives its leases.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/status.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/database_file.h"

namespace pawl::db::sqlite {

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

  // At most `size` connections, opened when first needed. `file` outlives the
  // pool.
  Pool(const DatabaseFile& file, Access access, size_t size)
      : file_(file), access_(access), size_(size) {}

  // Waits a bounded time; UNAVAILABLE when all stay in use.
  [[nodiscard]] StatusOr<Lease> Acquire();

 private:
  [[nodiscard]] StatusOr<std::unique_ptr<Connection>> Open() const;
  void Return(std::unique_ptr<Connection> connection);

  const DatabaseFile& file_;
  const Access access_;
  const size_t size_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  size_t in_use_ = 0;
};

}  // namespace pawl::db::sqlite
