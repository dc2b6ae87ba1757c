// What every gRPC server of ours has in common: pawld's and that of the
// yardstick in bench/.
#pragma once

#include <cstddef>

#include <grpcpp/server_builder.h>

namespace pawl::validator {

// Bounds what callers can make a server hold: the size of a request, calls on
// one connection, threads, idle connections (I8). Refuses to share its port.
void SetLimits(grpc::ServerBuilder& builder);

// Threads for hot calls, each with a queue: half the processors, because the
// store and the rest of gRPC need the others.
[[nodiscard]] size_t HotThreads();

}  // namespace pawl::validator
