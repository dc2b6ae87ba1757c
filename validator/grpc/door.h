// Serve: what every handler does around its own few lines: authenticate, check
// the role, run, map the failure. Doors convert; they never decide (I10).
#pragma once

#include <initializer_list>

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "base/status.h"
#include "db/record.h"
#include "validator/grpc/authenticator.h"
#include "validator/grpc/convert.h"
#include "validator/service/validator.h"

namespace pawl::validator {

// What a call tells about itself for audit and deadlines.
[[nodiscard]] CallContext ContextOf(const grpc::ServerContext& context,
                                    const Caller& caller);

[[nodiscard]] constexpr db::Roles RolesOf(
    std::initializer_list<db::Role> roles) {
  db::Roles set = 0;
  for (const db::Role role : roles) {
    set |= static_cast<db::Roles>(role);
  }
  return set;
}

// Calls `handle(caller)`, which returns a pawl::Status, for a caller that has
// one of the roles in `allowed`.
template <typename Handle>
grpc::Status Serve(grpc::ServerContext& context, Authenticator& authenticator,
                   db::Roles allowed, const Handle& handle) {
  const StatusOr<Caller> caller = authenticator.Authenticate(context);
  if (!caller.ok()) {
    return ToGrpc(caller.status(), context);
  }
  Status status = CheckRoles(*caller, allowed);
  if (status.ok()) {
    status = handle(*caller);
  }
  return ToGrpc(status, context);
}

}  // namespace pawl::validator
