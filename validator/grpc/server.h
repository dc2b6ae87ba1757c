// GrpcServer: both listeners, their doors, limits, health and reflection.
//
// TCP callers show a bearer key; callers of the Unix socket are local
// administrators. grpc.health.v1 needs no key on either.
//
// Thread safety: SetReady() from any thread; the rest from one.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grpcpp/channel.h>
#include <grpcpp/server.h>

#include "base/status.h"
#include "base/time.h"
#include "base/tls_material.h"
#include "validator/grpc/unix_door.h"
#include "validator/service/services.h"

namespace pawl::validator {

class GrpcServer {
 public:
  struct Options {
    std::optional<TlsMaterial> tls{};  // none: plaintext, loopback only
    std::filesystem::path socket;
  };

  // Binds services.listen (whose port is then the bound one; 0 asks for any
  // free port) and the socket, and serves at once, not ready. UNAVAILABLE when
  // an address cannot be bound; INVALID_ARGUMENT for plaintext beyond loopback.
  [[nodiscard]] static StatusOr<std::unique_ptr<GrpcServer>> Start(
      const Options& options, const Services& services);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // A channel into this server that never leaves the process. Calls on it show
  // a bearer key like those of TCP.
  [[nodiscard]] std::shared_ptr<grpc::Channel> LocalChannel();

  // What health answers for "" and every pawl.v1 service.
  void SetReady(bool ready);
  // Answers NOT_SERVING, takes no new calls, finishes running ones within
  // `grace`.
  void Stop(Millis grace);

 private:
  struct Doors;
  GrpcServer() = default;

  std::unique_ptr<Doors> doors_;
  std::unique_ptr<UnixDoor> unix_door_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace pawl::validator
