// Authenticator: who a call says it comes from.
//
// Callers of the Unix socket are local administrators: the kernel has checked
// the peer's uid before the first byte was read, and gRPC's local credentials
// have checked that the connection is a Unix socket. All others show a bearer
// key.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <grpcpp/server_context.h>

#include "base/status.h"
#include "validator/service/client_admin.h"

namespace pawl::validator {

class Authenticator {
 public:
  // `clients` must outlive it.
  explicit Authenticator(ClientAdmin& clients) : clients_(&clients) {}

  // The local administrator for the Unix socket; otherwise metadata
  // "authorization: Bearer KEY", exactly once. UNAUTHENTICATED when the call
  // shows nothing that could be proved.
  [[nodiscard]] static StatusOr<Claim> ClaimOf(
      const grpc::ServerContextBase& context);

  // The claim of `context`, proved. UNAVAILABLE when the store does not answer.
  [[nodiscard]] StatusOr<Caller> Authenticate(
      const grpc::ServerContextBase& context) const;

 private:
  ClientAdmin* clients_;
};

}  // namespace pawl::validator
