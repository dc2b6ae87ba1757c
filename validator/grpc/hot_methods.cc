#include "validator/grpc/hot_methods.h"

#include <optional>
#include <string>
#include <utility>

#include "validator/core/catalogue.h"
#include "validator/grpc/answer.h"

namespace pawl::validator {
namespace {

std::optional<LoginDevice> DeviceIn(const v1::CheckLoginRequest& request) {
  if (!request.has_device()) {
    return std::nullopt;
  }
  const v1::LoginDevice& device = request.device();
  return LoginDevice{.type = device.type(),
                     .name = device.name(),
                     .session_services = {device.session_services().begin(),
                                          device.session_services().end()}};
}

void FillSession(Outcome& outcome, v1::Session& session) {
  session.set_device_id(db::ToString(outcome.device->id));
  HandOut(outcome.session_credential, *session.mutable_credential());
  for (std::string& service : SplitNames(outcome.device->scopes)) {
    session.add_services(std::move(service));
  }
  if (outcome.device->expires.has_value()) {
    ToProto(*outcome.device->expires, session.mutable_expire_time());
  }
}

}  // namespace

void CheckLoginMethod::Ask(Validator& validator, const Request& request,
                           CallContext context, Done done) {
  validator.CheckLogin({.account = request.account(),
                        .service = request.service(),
                        .credential = request.credential(),
                        .attempt_id = request.attempt_id(),
                        .device = DeviceIn(request)},
                       std::move(context), std::move(done));
}

void CheckLoginMethod::Fill(Answered& answered, Response& response) {
  Outcome& outcome = answered.outcome;
  Answer(outcome, answered.caller, response);
  if (!MayName(outcome, answered.caller)) {
    return;
  }
  if (outcome.account.has_value()) {
    response.set_account_id(db::ToString(*outcome.account));
  }
  if (outcome.device.has_value()) {
    response.set_device_id(db::ToString(outcome.device->id));
  }
  if (response.verdict() == v1::VERDICT_ACCEPTED &&
      outcome.device.has_value() && !outcome.session_credential.empty()) {
    FillSession(outcome, *response.mutable_session());
  }
}

void ValidateOtpMethod::Ask(Validator& validator, const Request& request,
                            CallContext context, Done done) {
  validator.ValidateOtp({.otp = request.otp(),
                         .attempt_id = request.attempt_id(),
                         .token_id = request.token_id()},
                        std::move(context), std::move(done));
}

void ValidateOtpMethod::Fill(Answered& answered, Response& response) {
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
