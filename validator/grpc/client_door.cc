#include <string>

#include "base/bytes.h"
#include "base/key_access.h"
#include "validator/grpc/answer.h"
#include "validator/grpc/convert_records.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/list.h"

namespace pawl::validator {
namespace {

constexpr db::Roles kAdmin = static_cast<db::Roles>(db::Role::kAdmin);

}  // namespace

grpc::Status ClientDoor::CreateClient(grpc::ServerContext* context,
                                      const v1::CreateClientRequest* request,
                                      v1::CreateClientResponse* response) {
  return Serve(
      *context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::Roles roles,
                              FromProto(request->roles()));
        ClientSpec spec{.name = request->name(),
                        .roles = roles,
                        .see_reasons = request->see_reasons(),
                        .services = {request->services().begin(),
                                     request->services().end()}};
        if (request->has_wsapi()) {
          spec.wsapi = WsapiSpec{.number = request->wsapi().number(),
                                 .key = request->wsapi().key()};
        }
        PAWL_ASSIGN_OR_RETURN(NewClient made,
                              services().clients->Create(spec, caller.id));
        ToProto(made.client, response->mutable_client());
        HandOut(made.key, *response->mutable_key());
        response->set_wsapi_key(
            std::string(AsText(made.wsapi_key.Reveal(GrantKeyAccess()))));
        return OkStatus();
      });
}

grpc::Status ClientDoor::ListClients(grpc::ServerContext* context,
                                     const v1::ListClientsRequest* request,
                                     v1::ListClientsResponse* response) {
  return Serve(*context, authenticator(), kAdmin, [&](const Caller&) -> Status {
    return ListPage(
        *services().hash, "clients", *request, *response,
        [&](const std::string& after, size_t limit) {
          return services().clients->List(after, limit);
        },
        [](const db::ClientRecord& client) { return db::ToString(client.id); },
        [&](const db::ClientRecord& client) {
          ToProto(client, response->add_clients());
        });
  });
}

grpc::Status ClientDoor::DeleteClient(grpc::ServerContext* context,
                                      const v1::DeleteClientRequest* request,
                                      v1::DeleteClientResponse*) {
  return Serve(*context, authenticator(), kAdmin,
               [&](const Caller& caller) -> Status {
                 PAWL_ASSIGN_OR_RETURN(
                     const db::ClientId id,
                     IdFrom<db::ClientTag>("client_id", request->client_id()));
                 return services().clients->Delete(id, caller.id);
               });
}

}  // namespace pawl::validator
