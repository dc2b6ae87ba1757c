#include "validator/grpc/answer.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"

namespace pawl::validator {

grpc::Status LoginDoor::CheckLogin(grpc::ServerContext* context,
                                   const v1::CheckLoginRequest* request,
                                   v1::CheckLoginResponse* response) {
  return Serve(
      *context, authenticator(), static_cast<db::Roles>(db::Role::kLogin),
      [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(
            const Outcome outcome,
            services().validator->CheckLogin(
                {.account = request->account(),
                 .service = request->service(),
                 .credential = request->credential(),
                 .attempt_id = request->attempt_id()},
                ContextOf(*context, caller, request->client_address())));
        Answer(outcome, caller, *response);
        if (MayName(outcome, caller) && outcome.account.has_value()) {
          response->set_account_id(db::ToString(*outcome.account));
        }
        return OkStatus();
      });
}

grpc::Status ValidationDoor::ValidateOtp(grpc::ServerContext* context,
                                         const v1::ValidateOtpRequest* request,
                                         v1::ValidateOtpResponse* response) {
  return Serve(
      *context, authenticator(), static_cast<db::Roles>(db::Role::kLogin),
      [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(
            const Outcome outcome,
            services().validator->ValidateOtp(
                {.otp = request->otp(),
                 .attempt_id = request->attempt_id(),
                 .token_id = request->token_id()},
                ContextOf(*context, caller, request->client_address())));
        Answer(outcome, caller, *response);
        if (MayName(outcome, caller)) {
          response->set_public_id(outcome.public_id);
          if (outcome.token.has_value()) {
            response->set_token_id(db::ToString(*outcome.token));
          }
        }
        return OkStatus();
      });
}

}  // namespace pawl::validator
