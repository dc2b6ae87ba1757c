// Authenticator: who a call says it comes from.
//
// Two kinds, one per listener, so that no call can pretend to come through the
// other: the Unix socket's callers are local administrators (the kernel has
// checked the peer's uid before the first byte was read), TCP's callers show a
// bearer key.
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
  virtual ~Authenticator() = default;
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // UNAUTHENTICATED when the call shows nothing that could be proved.
  [[nodiscard]] virtual StatusOr<Claim> ClaimOf(
      const grpc::ServerContextBase& context) const = 0;

  // The claim of `context`, proved. UNAVAILABLE when the store does not answer.
  [[nodiscard]] StatusOr<Caller> Authenticate(
      const grpc::ServerContextBase& context);

 private:
  ClientAdmin* clients_;
};

// Every caller is the local administrator, with all rights.
class LocalAuthenticator final : public Authenticator {
 public:
  using Authenticator::Authenticator;
  [[nodiscard]] StatusOr<Claim> ClaimOf(
      const grpc::ServerContextBase& context) const override;
};

// Metadata "authorization: Bearer KEY", exactly once.
class BearerAuthenticator final : public Authenticator {
 public:
  using Authenticator::Authenticator;
  [[nodiscard]] StatusOr<Claim> ClaimOf(
      const grpc::ServerContextBase& context) const override;
};

}  // namespace pawl::validator
