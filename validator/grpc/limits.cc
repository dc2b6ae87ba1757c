#include "validator/grpc/limits.h"

#include <algorithm>
#include <thread>

#include <absl/synchronization/mutex.h>
#include <grpcpp/resource_quota.h>

namespace pawl::validator {
namespace {

// The largest request is a token with a label; this is many times that.
constexpr int kMaxRequestBytes = 64 * 1024;
constexpr int kMaxThreads = 512;
constexpr int kMaxConcurrentStreams = 256;  // on one connection
constexpr int kMaxIdleMs = 10 * 60 * 1000;  // of one without calls

}  // namespace

void SetLimits(grpc::ServerBuilder& builder) {
  // Debian's build of absl looks for deadlocks at every lock that gRPC takes.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  grpc::ResourceQuota quota("pawl");
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxConcurrentStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdleMs);
  // Two servers on one port would share its calls between two processes.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

size_t HotThreads() {
  return std::max(1U, std::thread::hardware_concurrency() / 2);
}

}  // namespace pawl::validator
