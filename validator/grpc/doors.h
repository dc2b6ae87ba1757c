// The doors of administration: one small class per pawl.v1 service, each
// handler converting between messages and service calls. The two hot services
// have a machinery of their own (validator/grpc/hot_call.h).
//
// Every door takes the services it calls and the authenticator of its
// listener; both must outlive it. Thread safety: gRPC calls handlers from many
// threads at once; doors have no state of their own.
#pragma once

#include <utility>

#include "pawl/v1/account.grpc.pb.h"
#include "pawl/v1/audit.grpc.pb.h"
#include "pawl/v1/client.grpc.pb.h"
#include "pawl/v1/device.grpc.pb.h"
#include "pawl/v1/help_desk.grpc.pb.h"
#include "pawl/v1/self_service.grpc.pb.h"
#include "pawl/v1/status.grpc.pb.h"
#include "pawl/v1/token.grpc.pb.h"
#include "validator/grpc/authenticator.h"
#include "validator/service/services.h"

namespace pawl::validator {

// Declares one unary handler of a generated service.
#define PAWL_HANDLER(Method)                              \
  grpc::Status Method(grpc::ServerContext* context,       \
                      const v1::Method##Request* request, \
                      v1::Method##Response* response) override

// What each door holds.
class Door {
 public:
  Door(Services services, Authenticator& authenticator)
      : services_(std::move(services)), authenticator_(&authenticator) {}

 protected:
  ~Door() = default;
  [[nodiscard]] const Services& services() const { return services_; }
  [[nodiscard]] Authenticator& authenticator() const { return *authenticator_; }

 private:
  Services services_;
  Authenticator* authenticator_;
};

class TokenDoor final : public Door, public v1::TokenService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(RegisterToken);
  PAWL_HANDLER(GetToken);
  PAWL_HANDLER(ListTokens);
  PAWL_HANDLER(UpdateToken);
  PAWL_HANDLER(EnableToken);
  PAWL_HANDLER(DisableToken);
  PAWL_HANDLER(ResyncToken);
  PAWL_HANDLER(UnlockToken);
  PAWL_HANDLER(DeleteToken);

 private:
  template <typename Request, typename Response, typename Call>
  grpc::Status AnswerToken(grpc::ServerContext& context, const Request& request,
                           Response& response, const Call& call);
};

class AccountDoor final : public Door, public v1::AccountService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(CreateAccount);
  PAWL_HANDLER(GetAccount);
  PAWL_HANDLER(ListAccounts);
  PAWL_HANDLER(RenameAccount);
  PAWL_HANDLER(SetPin);
  PAWL_HANDLER(AssignToken);
  PAWL_HANDLER(UnassignToken);
  PAWL_HANDLER(EnableAccount);
  PAWL_HANDLER(DisableAccount);
  PAWL_HANDLER(SetPolicy);
  PAWL_HANDLER(SetPassword);
  PAWL_HANDLER(SetDevicePasswords);
  PAWL_HANDLER(CreateRecoveryCodes);
  PAWL_HANDLER(CreateTemporaryCode);
  PAWL_HANDLER(ResetSecondFactor);
  PAWL_HANDLER(UnlockAccount);
  PAWL_HANDLER(DeleteAccount);

 private:
  template <typename Request, typename Response, typename Call>
  grpc::Status AnswerAccount(grpc::ServerContext& context,
                             const Request& request, Response& response,
                             const Call& call);
};

class ClientDoor final : public Door, public v1::ClientService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(CreateClient);
  PAWL_HANDLER(ListClients);
  PAWL_HANDLER(DeleteClient);
};

class DeviceDoor final : public Door, public v1::DeviceService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(ListServices);
  PAWL_HANDLER(CreateDevice);
  PAWL_HANDLER(GetDevice);
  PAWL_HANDLER(ListDevices);
  PAWL_HANDLER(UpdateDevice);
  PAWL_HANDLER(RegenerateDevicePassword);
  PAWL_HANDLER(DeleteDevice);
  PAWL_HANDLER(SweepDevices);
  PAWL_HANDLER(ReadOwnDevice);

 private:
  template <typename Request, typename Call>
  grpc::Status ServeDevice(grpc::ServerContext& context, const Request& request,
                           const Call& call);
};

class SelfServiceDoor final : public Door, public v1::SelfService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(GetOwnAccount);
  PAWL_HANDLER(ChangePin);
  PAWL_HANDLER(ChangePolicy);
  PAWL_HANDLER(AddToken);
  PAWL_HANDLER(ConfirmToken);
  PAWL_HANDLER(RemoveToken);
  PAWL_HANDLER(MakeRecoveryCodes);
  PAWL_HANDLER(ListHistory);
};

class HelpDeskDoor final : public Door, public v1::HelpDeskService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(ExplainCredential);
};

class AuditDoor final : public Door, public v1::AuditService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(ListAuditEntries);
};

class StatusDoor final : public Door, public v1::StatusService::Service {
 public:
  using Door::Door;
  PAWL_HANDLER(GetStatus);
};

#undef PAWL_HANDLER

}  // namespace pawl::validator
