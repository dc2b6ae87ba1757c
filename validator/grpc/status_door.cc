#include <string>

#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"

namespace pawl::validator {

grpc::Status StatusDoor::GetStatus(grpc::ServerContext* context,
                                   const v1::GetStatusRequest*,
                                   v1::GetStatusResponse* response) {
  constexpr db::Roles kAllowed = RolesOf({db::Role::kAdmin, db::Role::kAudit});
  return Serve(*context, authenticator(), kAllowed,
               [&](const Caller&) -> Status {
                 const Services& parts = services();
                 const Status last = parts.readiness->Last();
                 response->set_version(parts.version);
                 response->set_engine(std::string(parts.store->Engine()));
                 response->set_ready(last.ok());
                 response->set_problem(last.ok() ? "" : ToString(last));
                 ToProto(parts.started, response->mutable_start_time());
                 ToProto(parts.clock->Now(), response->mutable_current_time());
                 response->set_listen_address(parts.listen->Text());
                 if (!parts.http_listen->host.empty()) {
                   response->set_http_address(parts.http_listen->Text());
                 }
                 response->set_master_key_id(parts.master_key_id);
                 const db::Committer::Counts counts = parts.validator->Counts();
                 response->set_committed_checks(counts.commits);
                 response->set_commit_batches(counts.batches);
                 return OkStatus();
               });
}

}  // namespace pawl::validator
