// UnixDoor: the local administration socket.
//
// It accepts connections itself, asks the kernel for the peer's uid, and hands
// only those of root and of the server's own user to gRPC; others are closed
// before a byte is read. The socket file has mode 0600 as well.
//
// Thread safety: Open and Serve are called once; the destructor stops.
#pragma once

#include <filesystem>
#include <memory>
#include <thread>

#include <grpcpp/server_builder.h>

#include "base/status.h"

namespace pawl::validator {

class UnixDoor {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Binds and listens. A dead socket file left by a killed server is replaced;
  // FAILED_PRECONDITION when a living server answers on it.
  [[nodiscard]] static StatusOr<std::unique_ptr<UnixDoor>> Open(
      const std::filesystem::path& path);
  ~UnixDoor();
  UnixDoor(const UnixDoor&) = delete;
  UnixDoor& operator=(const UnixDoor&) = delete;

  // Starts accepting; `acceptor` belongs to a running gRPC server.
  void Serve(std::unique_ptr<Acceptor> acceptor);
  // Accepts no more and removes the socket file.
  void Stop();

 private:
  UnixDoor(std::filesystem::path path, int listener, int wake);
  void Run();
  void AcceptOne();

  std::filesystem::path path_;
  int listener_;
  int wake_;  // eventfd: written to stop
  std::unique_ptr<Acceptor> acceptor_;
  std::thread thread_;
};

}  // namespace pawl::validator
