// HealthDoor: grpc.health.v1 for both listeners.
//
// gRPC's own health service runs on its callback API, whose threads would then
// poll the connections of the hot calls too and cost a sixth of the processor.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <atomic>

#include "grpc/health/v1/health.grpc.pb.h"

namespace pawl::validator {

class HealthDoor final : public grpc::health::v1::Health::Service {
 public:
  // Whether the store can be written; false at first.
  void SetReady(bool ready) { ready_ = ready; }

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;

 private:
  std::atomic<bool> ready_ = false;
};

}  // namespace pawl::validator
