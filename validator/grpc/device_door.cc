#include <optional>
#include <string>
#include <utility>

#include "validator/grpc/answer.h"
#include "validator/grpc/convert_records.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/list.h"

namespace pawl::validator {
namespace {

using db::DeviceId;
using db::DeviceRecord;
using Owner = DeviceAdmin::Owner;

constexpr db::Roles kAllowed =
    RolesOf({db::Role::kAdmin, db::Role::kSelfService});
constexpr db::Roles kEverybody =
    RolesOf({db::Role::kLogin, db::Role::kAdmin, db::Role::kAudit,
             db::Role::kSelfService});

// Whose devices `caller` asks for. Only an administrator may leave it open.
StatusOr<Owner> OwnerFrom(const Caller& caller, std::string_view account_id) {
  if (!account_id.empty()) {
    return AccountIdFrom(account_id);
  }
  if (!db::Has(caller.roles, db::Role::kAdmin)) {
    return InvalidField("account_id",
                        "must be given by who does not have the role admin");
  }
  return Owner();
}

// Of a message with an `expire_time`, which may be absent.
template <typename Message>
StatusOr<std::optional<UnixTime>> ExpiryFrom(const Message& message) {
  if (!message.has_expire_time()) {
    return std::nullopt;
  }
  return FromProto("expire_time", message.expire_time());
}

StatusOr<DeviceUpdate> UpdateFrom(const v1::UpdateDeviceRequest& request) {
  DeviceUpdate update;
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "name") {
      update.name = request.device().name();
    } else if (path == "expire_time") {
      PAWL_ASSIGN_OR_RETURN(update.expires, ExpiryFrom(request.device()));
    } else {
      return InvalidField("update_mask", "may name name and expire_time only");
    }
  }
  if (request.update_mask().paths().empty()) {
    return InvalidField("update_mask", "must name at least one field");
  }
  return update;
}

// What people type into their program.
template <typename Response>
void FillLogin(NewDevice& made, Response& response) {
  ToProto(made.device, response.mutable_device());
  response.set_user_name(db::ToString(made.device.id));
  HandOut(made.password, *response.mutable_password());
}

}  // namespace

// The calls that name a device and whose it must be.
template <typename Request, typename Call>
grpc::Status DeviceDoor::ServeDevice(grpc::ServerContext& context,
                                     const Request& request, const Call& call) {
  return Serve(context, authenticator(), kAllowed,
               [&](const Caller& caller) -> Status {
                 PAWL_ASSIGN_OR_RETURN(const Owner owner,
                                       OwnerFrom(caller, request.account_id()));
                 PAWL_ASSIGN_OR_RETURN(
                     const DeviceId id,
                     IdFrom<db::DeviceTag>("device_id", request.device_id()));
                 return call(id, owner, caller);
               });
}

grpc::Status DeviceDoor::ListServices(grpc::ServerContext* context,
                                      const v1::ListServicesRequest*,
                                      v1::ListServicesResponse* response) {
  return Serve(*context, authenticator(), kEverybody,
               [&](const Caller&) -> Status {
                 ToProto(*services().catalogue, response);
                 return OkStatus();
               });
}

grpc::Status DeviceDoor::CreateDevice(grpc::ServerContext* context,
                                      const v1::CreateDeviceRequest* request,
                                      v1::CreateDeviceResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::AccountId account,
                              AccountIdFrom(request->account_id()));
        PAWL_ASSIGN_OR_RETURN(const std::optional<UnixTime> expires,
                              ExpiryFrom(*request));
        PAWL_ASSIGN_OR_RETURN(
            NewDevice made,
            services().devices->Create(account, request->type(),
                                       request->name(), expires, caller.id));
        FillLogin(made, *response);
        return OkStatus();
      });
}

grpc::Status DeviceDoor::GetDevice(grpc::ServerContext* context,
                                   const v1::GetDeviceRequest* request,
                                   v1::GetDeviceResponse* response) {
  return ServeDevice(
      *context, *request,
      [&](DeviceId id, const Owner& owner, const Caller&) -> Status {
        PAWL_ASSIGN_OR_RETURN(const DeviceRecord device,
                              services().devices->Get(id, owner));
        ToProto(device, response->mutable_device());
        return OkStatus();
      });
}

grpc::Status DeviceDoor::ListDevices(grpc::ServerContext* context,
                                     const v1::ListDevicesRequest* request,
                                     v1::ListDevicesResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const Owner owner,
                              OwnerFrom(caller, request->account_id()));
        return ListPage(
            *services().hash,
            "devices/" + request->account_id() + "/" +
                std::to_string(request->unused_days()),
            *request, *response,
            [&](const std::string& after, size_t limit) {
              return services().devices->List(owner, request->unused_days(),
                                              after, limit);
            },
            [](const DeviceRecord& device) { return db::ToString(device.id); },
            [&](const DeviceRecord& device) {
              ToProto(device, response->add_devices());
            });
      });
}

grpc::Status DeviceDoor::UpdateDevice(grpc::ServerContext* context,
                                      const v1::UpdateDeviceRequest* request,
                                      v1::UpdateDeviceResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const Owner owner,
                              OwnerFrom(caller, request->account_id()));
        PAWL_ASSIGN_OR_RETURN(
            const DeviceId id,
            IdFrom<db::DeviceTag>("device.id", request->device().id()));
        PAWL_ASSIGN_OR_RETURN(const DeviceUpdate update, UpdateFrom(*request));
        PAWL_ASSIGN_OR_RETURN(
            const DeviceRecord device,
            services().devices->Update(id, owner, update, caller.id));
        ToProto(device, response->mutable_device());
        return OkStatus();
      });
}

grpc::Status DeviceDoor::RegenerateDevicePassword(
    grpc::ServerContext* context,
    const v1::RegenerateDevicePasswordRequest* request,
    v1::RegenerateDevicePasswordResponse* response) {
  return ServeDevice(
      *context, *request,
      [&](DeviceId id, const Owner& owner, const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(NewDevice made, services().devices->Regenerate(
                                                  id, owner, caller.id));
        FillLogin(made, *response);
        return OkStatus();
      });
}

grpc::Status DeviceDoor::DeleteDevice(grpc::ServerContext* context,
                                      const v1::DeleteDeviceRequest* request,
                                      v1::DeleteDeviceResponse*) {
  return ServeDevice(
      *context, *request,
      [&](DeviceId id, const Owner& owner, const Caller& caller) {
        return services().devices->Delete(id, owner, caller.id);
      });
}

grpc::Status DeviceDoor::SweepDevices(grpc::ServerContext* context,
                                      const v1::SweepDevicesRequest* request,
                                      v1::SweepDevicesResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const Owner owner,
                              OwnerFrom(caller, request->account_id()));
        PAWL_ASSIGN_OR_RETURN(
            const SweptDevices swept,
            services().devices->Sweep(owner, request->unused_days(),
                                      request->dry_run(), caller.id));
        for (const DeviceRecord& device : swept.devices) {
          ToProto(device, response->add_devices());
        }
        response->set_more(swept.more);
        return OkStatus();
      });
}

grpc::Status DeviceDoor::ReadOwnDevice(grpc::ServerContext* context,
                                       const v1::ReadOwnDeviceRequest* request,
                                       v1::ReadOwnDeviceResponse* response) {
  return Serve(
      *context, authenticator(), RolesOf({db::Role::kLogin}),
      [&](const Caller& caller) -> Status {
        const auto ask = [&](Done done) {
          CallContext asked = ContextOf(*context, caller);
          asked.client_address = request->client_address();
          services().validator->CheckDevice({.user_name = request->user_name(),
                                             .password = request->password()},
                                            std::move(asked), std::move(done));
        };
        PAWL_ASSIGN_OR_RETURN(const Answered answered, Await(ask));
        const Outcome& outcome = answered.outcome;
        if (!db::IsAccepted(outcome.reason) || !outcome.device.has_value()) {
          return MakeStatus(StatusCode::kPermissionDenied,
                            "the device password was refused");
        }
        ToProto(*outcome.device, response->mutable_device());
        return OkStatus();
      });
}

}  // namespace pawl::validator
