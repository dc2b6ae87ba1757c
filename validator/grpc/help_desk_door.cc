#include "validator/grpc/convert_records.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"

namespace pawl::validator {

grpc::Status HelpDeskDoor::ExplainCredential(
    grpc::ServerContext* context, const v1::ExplainCredentialRequest* request,
    v1::ExplainCredentialResponse* response) {
  return Serve(*context, authenticator(), RolesOf({db::Role::kAdmin}),
               [&](const Caller& caller) -> Status {
                 PAWL_ASSIGN_OR_RETURN(
                     const Explanation explanation,
                     services().help_desk->Explain(
                         request->account(), request->service(),
                         request->credential(), caller.id));
                 ToProto(explanation, response);
                 return OkStatus();
               });
}

}  // namespace pawl::validator
