#include "db/sqlite/pool.h"

#include <chrono>

namespace pawl::db::sqlite {
namespace {

// A caller behind others gives up before its own deadline has long passed.
constexpr std::chrono::seconds kMaxWait{5};

}  // namespace

Pool::Lease::~Lease() {
  if (connection_ != nullptr) {
    pool_->Return(std::move(connection_));
  }
}

StatusOr<Pool::Lease> Pool::Acquire() {
  std::unique_ptr<Connection> connection;
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, kMaxWait,
                            [this] { return in_use_ < size_; })) {
      return Unavailable("all database connections stay in use");
    }
    ++in_use_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection == nullptr) {
    StatusOr<std::unique_ptr<Connection>> opened = Open();
    if (!opened.ok()) {
      Return(nullptr);
      return opened.status();
    }
    connection = *std::move(opened);
  }
  return Lease(*this, std::move(connection));
}

StatusOr<std::unique_ptr<Connection>> Pool::Open() const {
  PAWL_RETURN_IF_ERROR(file_.CheckInPlace());
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                        Connection::Open(file_.path()));
  PAWL_RETURN_IF_ERROR(connection->Configure(access_));
  return connection;
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  // One that could not leave its transaction would drag the next caller into
  // it: close it.
  if (connection != nullptr && connection->InTransaction()) {
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

}  // namespace pawl::db::sqlite
