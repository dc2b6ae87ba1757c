#include "validator/grpc/door.h"

#include <chrono>

namespace pawl::validator {

Status CheckRoles(const Caller& caller, db::Roles allowed) {
  return (caller.roles & allowed) != 0
             ? OkStatus()
             : MakeStatus(StatusCode::kPermissionDenied,
                          "your key does not have the role this call needs");
}

CallContext ContextOf(const grpc::ServerContext& context, const Caller& caller,
                      const std::string& client_address) {
  return {.caller = caller.id,
          .client_address = client_address,
          .expired = [&context] {
            return context.IsCancelled() ||
                   std::chrono::system_clock::now() >= context.deadline();
          }};
}

}  // namespace pawl::validator
