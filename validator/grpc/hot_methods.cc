#include "validator/grpc/hot_methods.h"

#include "validator/grpc/answer.h"

namespace pawl::validator {

void CheckLoginMethod::Ask(Validator& validator, const Request& request,
                           CallContext context, Done done) {
  validator.CheckLogin({.account = request.account(),
                        .service = request.service(),
                        .credential = request.credential(),
                        .attempt_id = request.attempt_id()},
                       std::move(context), std::move(done));
}

void CheckLoginMethod::Fill(const Answered& answered, Response& response) {
  const Outcome& outcome = answered.outcome;
  Answer(outcome, answered.caller, response);
  if (MayName(outcome, answered.caller) && outcome.account.has_value()) {
    response.set_account_id(db::ToString(*outcome.account));
  }
}

void ValidateOtpMethod::Ask(Validator& validator, const Request& request,
                            CallContext context, Done done) {
  validator.ValidateOtp({.otp = request.otp(),
                         .attempt_id = request.attempt_id(),
                         .token_id = request.token_id()},
                        std::move(context), std::move(done));
}

void ValidateOtpMethod::Fill(const Answered& answered, Response& response) {
  const Outcome& outcome = answered.outcome;
  Answer(outcome, answered.caller, response);
  if (!MayName(outcome, answered.caller)) {
    return;
  }
  response.set_public_id(outcome.public_id);
  if (outcome.token.has_value()) {
    response.set_token_id(db::ToString(*outcome.token));
  }
}

}  // namespace pawl::validator
