// Authenticator: who calls.
//
// Two kinds, one per listener, so that no call can pretend to come through the
// other: the Unix socket's callers are local administrators (the kernel has
// checked the peer's uid before the first byte was read), TCP's callers show a
// bearer key.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <string>

#include <grpcpp/server_context.h>

#include "base/status.h"
#include "db/record.h"
#include "validator/service/client_admin.h"

namespace pawl::validator {

struct Caller {
  std::string id;  // client id text, or "local"
  db::Roles roles = 0;
  bool see_reasons = false;
};

class Authenticator {
 public:
  Authenticator() = default;
  virtual ~Authenticator() = default;
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // UNAUTHENTICATED, or UNAVAILABLE when the store does not answer.
  [[nodiscard]] virtual StatusOr<Caller> Authenticate(
      const grpc::ServerContext& context) = 0;
};

// Every caller is the local administrator, with all rights.
class LocalAuthenticator final : public Authenticator {
 public:
  [[nodiscard]] StatusOr<Caller> Authenticate(
      const grpc::ServerContext& context) override;
};

// Metadata "authorization: Bearer KEY", exactly once.
class BearerAuthenticator final : public Authenticator {
 public:
  // `clients` must outlive it.
  explicit BearerAuthenticator(ClientAdmin& clients) : clients_(&clients) {}
  [[nodiscard]] StatusOr<Caller> Authenticate(
      const grpc::ServerContext& context) override;

 private:
  ClientAdmin* clients_;
};

}  // namespace pawl::validator
