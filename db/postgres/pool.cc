#include "db/postgres/pool.h"

namespace pawl::db::postgres {

Pool::Lease::~Lease() {
  if (connection_ != nullptr) {
    pool_->Return(std::move(connection_));
  }
}

StatusOr<Pool::Lease> Pool::Acquire() {
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, TakeIdle());
  if (connection == nullptr || !connection->Usable()) {
    StatusOr<std::unique_ptr<Connection>> opened =
        Connection::Open(conninfo_, patience_, watchdog_);
    if (!opened.ok()) {
      Return(nullptr);
      return opened.status();
    }
    connection = *std::move(opened);
  }
  return Lease(*this, std::move(connection));
}

StatusOr<std::unique_ptr<Connection>> Pool::TakeIdle() {
  std::unique_lock lock(mutex_);
  if (!returned_.wait_for(lock, patience_.turn,
                          [this] { return in_use_ < size_; })) {
    return Unavailable("postgresql: all connections stay in use");
  }
  ++in_use_;
  std::unique_ptr<Connection> connection;
  if (!idle_.empty()) {
    connection = std::move(idle_.back());
    idle_.pop_back();
  }
  return connection;
}

void Pool::Return(std::unique_ptr<Connection> connection) {
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

}  // namespace pawl::db::postgres
