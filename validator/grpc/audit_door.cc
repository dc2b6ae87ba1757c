#include <charconv>
#include <string>

#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/list.h"

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

// The page key is a sequence number that ReadPageToken has authenticated.
int64_t SequenceFrom(const std::string& key) {
  int64_t sequence = 0;
  std::from_chars(key.data(), key.data() + key.size(), sequence);
  return sequence;
}

}  // namespace

grpc::Status AuditDoor::ListAuditEntries(
    grpc::ServerContext* context, const v1::ListAuditEntriesRequest* request,
    v1::ListAuditEntriesResponse* response) {
  return Serve(
      *context, authenticator(), static_cast<db::Roles>(db::Role::kAudit),
      [&](const Caller&) -> Status {
        PAWL_ASSIGN_OR_RETURN(db::AuditFilter filter, FilterFrom(*request));
        return ListPage(
            *services().hash,
            "audit/" + request->account_id() + "/" + request->token_id(),
            *request, *response,
            [&](const std::string& after, size_t limit) {
              filter.before_sequence = SequenceFrom(after);
              filter.limit = limit;
              return services().store->ListAudit(filter);
            },
            [](const db::AuditEntry& entry) {
              return std::to_string(entry.sequence);
            },
            [&](const db::AuditEntry& entry) {
              ToProto(entry, response->add_entries());
            });
      });
}

}  // namespace pawl::validator
