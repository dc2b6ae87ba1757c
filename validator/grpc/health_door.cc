#include "validator/grpc/health_door.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "pawl/v1/account.grpc.pb.h"
#include "pawl/v1/audit.grpc.pb.h"
#include "pawl/v1/client.grpc.pb.h"
#include "pawl/v1/device.grpc.pb.h"
#include "pawl/v1/help_desk.grpc.pb.h"
#include "pawl/v1/login.grpc.pb.h"
#include "pawl/v1/self_service.grpc.pb.h"
#include "pawl/v1/status.grpc.pb.h"
#include "pawl/v1/token.grpc.pb.h"
#include "pawl/v1/validation.grpc.pb.h"

namespace pawl::validator {
namespace {

// Names that say whether the store can be written.
constexpr const char* kReadiness[] = {
    "",
    v1::LoginService::service_full_name(),
    v1::ValidationService::service_full_name(),
    v1::TokenService::service_full_name(),
    v1::AccountService::service_full_name(),
    v1::ClientService::service_full_name(),
    v1::DeviceService::service_full_name(),
    v1::SelfService::service_full_name(),
    v1::HelpDeskService::service_full_name(),
    v1::AuditService::service_full_name(),
    v1::StatusService::service_full_name()};
// The name that says only that the process lives.
constexpr const char* kLiveness = "liveness";

}  // namespace

grpc::Status HealthDoor::Check(
    grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
    grpc::health::v1::HealthCheckResponse* response) {
  using grpc::health::v1::HealthCheckResponse;
  const std::string& name = request->service();
  if (name == kLiveness) {
    response->set_status(HealthCheckResponse::SERVING);
    return grpc::Status::OK;
  }
  if (std::find(std::begin(kReadiness), std::end(kReadiness), name) ==
      std::end(kReadiness)) {
    return {grpc::StatusCode::NOT_FOUND, "no such service"};
  }
  response->set_status(ready_ ? HealthCheckResponse::SERVING
                              : HealthCheckResponse::NOT_SERVING);
  return grpc::Status::OK;
}

}  // namespace pawl::validator
