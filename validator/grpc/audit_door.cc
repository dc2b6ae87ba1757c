#include <string>

#include "validator/grpc/audit_page.h"
#include "validator/grpc/convert_records.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"

namespace pawl::validator {
namespace {

StatusOr<db::AuditFilter> FilterFrom(
    const v1::ListAuditEntriesRequest& request) {
  db::AuditFilter filter;
  if (!request.account_id().empty() && !request.token_id().empty()) {
    return InvalidField("token_id", "must not be set together with account_id");
  }
  if (!request.account_id().empty()) {
    PAWL_ASSIGN_OR_RETURN(
        filter.account,
        IdFrom<db::AccountTag>("account_id", request.account_id()));
  }
  if (!request.token_id().empty()) {
    PAWL_ASSIGN_OR_RETURN(filter.token,
                          IdFrom<db::TokenTag>("token_id", request.token_id()));
  }
  return filter;
}

}  // namespace

grpc::Status AuditDoor::ListAuditEntries(
    grpc::ServerContext* context, const v1::ListAuditEntriesRequest* request,
    v1::ListAuditEntriesResponse* response) {
  return Serve(
      *context, authenticator(), static_cast<db::Roles>(db::Role::kAudit),
      [&](const Caller&) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::AuditFilter filter,
                              FilterFrom(*request));
        return ListAuditPage(
            services(),
            "audit/" + request->account_id() + "/" + request->token_id(),
            filter, *request, *response,
            [](const db::AuditEntry& entry, v1::AuditEntry& out) {
              ToProto(entry, &out);
            });
      });
}

}  // namespace pawl::validator
