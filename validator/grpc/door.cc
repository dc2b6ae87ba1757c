#include "validator/grpc/door.h"

#include <chrono>

namespace pawl::validator {

CallContext ContextOf(const grpc::ServerContext& context,
                      const Caller& caller) {
  return {.who = caller, .client_address = {}, .expired = [&context] {
            return context.IsCancelled() ||
                   std::chrono::system_clock::now() >= context.deadline();
          }};
}

}  // namespace pawl::validator
