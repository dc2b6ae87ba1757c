#include <string>
#include <utility>

#include "validator/grpc/answer.h"
#include "validator/grpc/audit_page.h"
#include "validator/grpc/convert_records.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/registration.h"

namespace pawl::validator {
namespace {

constexpr db::Roles kAllowed =
    RolesOf({db::Role::kSelfService, db::Role::kAdmin});

// What came of the credential, as a login would tell it; nothing when none was
// needed.
template <typename Response>
void FillProof(const Proved& proved, const Caller& caller, Response& response) {
  if (proved.has_value()) {
    AnswerReason(*proved, caller, *response.mutable_proof());
  }
}

}  // namespace

grpc::Status SelfServiceDoor::GetOwnAccount(
    grpc::ServerContext* context, const v1::GetOwnAccountRequest* request,
    v1::GetOwnAccountResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller&) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::AccountSnapshot account,
                              services().self_service->Get(request->account()));
        ToProto(account, response->mutable_account());
        for (const db::TokenRecord& token : account.tokens) {
          ToProto(token, services().throttle, response->add_tokens());
        }
        return OkStatus();
      });
}

grpc::Status SelfServiceDoor::ChangePin(grpc::ServerContext* context,
                                        const v1::ChangePinRequest* request,
                                        v1::ChangePinResponse* response) {
  return Serve(*context, authenticator(), kAllowed,
               [&](const Caller& caller) -> Status {
                 PAWL_ASSIGN_OR_RETURN(
                     const Proved proved,
                     services().self_service->ChangePin(
                         request->account(), request->credential(),
                         request->new_pin(), ContextOf(*context, caller)));
                 FillProof(proved, caller, *response);
                 return OkStatus();
               });
}

grpc::Status SelfServiceDoor::ChangePolicy(
    grpc::ServerContext* context, const v1::ChangePolicyRequest* request,
    v1::ChangePolicyResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::AccountPolicy policy,
                              FromProto(request->policy()));
        PAWL_ASSIGN_OR_RETURN(const Proved proved,
                              services().self_service->ChangePolicy(
                                  request->account(), request->credential(),
                                  policy, ContextOf(*context, caller)));
        FillProof(proved, caller, *response);
        return OkStatus();
      });
}

grpc::Status SelfServiceDoor::AddToken(grpc::ServerContext* context,
                                       const v1::AddTokenRequest* request,
                                       v1::AddTokenResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        if (!request->token().account_id().empty()) {
          return InvalidField("token.account_id", "must be empty");
        }
        PAWL_ASSIGN_OR_RETURN(TokenSpec spec, SpecFrom(request->token()));
        PAWL_ASSIGN_OR_RETURN(
            const AddedToken added,
            services().self_service->AddToken(
                request->account(), request->credential(), std::move(spec),
                ContextOf(*context, caller)));
        FillProof(added.proved, caller, *response);
        if (added.token.has_value()) {
          FillRegistered(*added.token, services().throttle, *response);
        }
        return OkStatus();
      });
}

grpc::Status SelfServiceDoor::ConfirmToken(
    grpc::ServerContext* context, const v1::ConfirmTokenRequest* request,
    v1::ConfirmTokenResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::TokenId token,
                              TokenIdFrom(request->token_id()));
        PAWL_ASSIGN_OR_RETURN(const Proved proved,
                              services().self_service->ConfirmToken(
                                  request->account(), token, request->code(),
                                  ContextOf(*context, caller)));
        FillProof(proved, caller, *response);
        return OkStatus();
      });
}

grpc::Status SelfServiceDoor::RemoveToken(grpc::ServerContext* context,
                                          const v1::RemoveTokenRequest* request,
                                          v1::RemoveTokenResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::TokenId token,
                              TokenIdFrom(request->token_id()));
        PAWL_ASSIGN_OR_RETURN(
            const Proved proved,
            services().self_service->RemoveToken(request->account(), token,
                                                 request->credential(),
                                                 ContextOf(*context, caller)));
        FillProof(proved, caller, *response);
        return OkStatus();
      });
}

grpc::Status SelfServiceDoor::MakeRecoveryCodes(
    grpc::ServerContext* context, const v1::MakeRecoveryCodesRequest* request,
    v1::MakeRecoveryCodesResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(MadeCodes made,
                              services().self_service->MakeRecoveryCodes(
                                  request->account(), request->credential(),
                                  ContextOf(*context, caller)));
        FillProof(made.proved, caller, *response);
        HandOut(made.codes, *response->mutable_codes());
        return OkStatus();
      });
}

grpc::Status SelfServiceDoor::ListHistory(grpc::ServerContext* context,
                                          const v1::ListHistoryRequest* request,
                                          v1::ListHistoryResponse* response) {
  return Serve(
      *context, authenticator(), kAllowed, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const db::AccountSnapshot account,
                              services().self_service->Get(request->account()));
        const db::AccountId id = account.account.id;
        return ListAuditPage(
            services(), "history/" + db::ToString(id), {.account = id},
            *request, *response,
            [&](const db::AuditEntry& entry, v1::AuditEntry& out) {
              Answer(entry, caller, out);
            });
      });
}

}  // namespace pawl::validator
