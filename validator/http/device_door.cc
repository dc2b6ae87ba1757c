#include "validator/http/device_door.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <google/protobuf/struct.pb.h>

#include "base/secret.h"
#include "validator/grpc/convert_records.h"
#include "validator/http/basic.h"
#include "validator/http/deadline.h"
#include "validator/http/json_error.h"
#include "validator/http/json_message.h"

namespace pawl::validator {
namespace {

using google::protobuf::Struct;

constexpr std::string_view kRealm = "device";

HttpResponse Json(unsigned status, const google::protobuf::Message& message) {
  StatusOr<std::string> body = WriteJson(message);
  return body.ok() ? HttpResponse{.status = status,
                                  .type = "application/json",
                                  .body = *std::move(body)}
                   : JsonError(body.status());
}

// The text member `name`; INVALID_ARGUMENT names it.
StatusOr<std::string> TextOf(Struct& body, const std::string& name) {
  const auto found = body.mutable_fields()->find(name);
  if (found == body.mutable_fields()->end() ||
      found->second.kind_case() != google::protobuf::Value::kStringValue) {
    return InvalidField(name, "must be a text");
  }
  return std::move(*found->second.mutable_string_value());
}

StatusOr<SignInRequest> RequestOf(const HttpRequest& http) {
  Struct body;
  PAWL_RETURN_IF_ERROR(ReadJson(http.body, body));
  SignInRequest request{.address = http.peer,
                        .expired = ExpiresAfter(kHttpCheckTime)};
  PAWL_ASSIGN_OR_RETURN(request.login, TextOf(body, "email"));
  PAWL_ASSIGN_OR_RETURN(request.type, TextOf(body, "deviceType"));
  PAWL_ASSIGN_OR_RETURN(request.name, TextOf(body, "deviceName"));
  PAWL_ASSIGN_OR_RETURN(request.password, TextOf(body, "password"));
  return request;
}

HttpResponse ResponseTo(StatusOr<NewDevice> made) {
  if (!made.ok()) {
    return JsonError(made.status());
  }
  Struct body;
  auto& fields = *body.mutable_fields();
  fields["id"].set_string_value(db::ToString(made->device.id));
  fields["token"].set_string_value(made->password);
  Wipe(made->password);
  HttpResponse response = Json(201, body);
  Wipe(*fields["token"].mutable_string_value());
  return response;
}

}  // namespace

bool HttpDeviceDoor::Has(std::string_view path) {
  return path == kPath ||
         (path.starts_with(kPath) && path.size() > kPath.size() + 1 &&
          path[kPath.size()] == '/');
}

void HttpDeviceDoor::Serve(const HttpRequest& request, Respond respond) {
  const bool all = request.path == kPath;
  if (request.method == "POST" && all) {
    return SignIn(request, std::move(respond));
  }
  if (request.method == "GET" && !all) {
    return Read(request, std::move(respond));
  }
  respond({.status = 405, .headers = {{"Allow", all ? "POST" : "GET"}}});
}

void HttpDeviceDoor::SignIn(const HttpRequest& request, Respond respond) {
  if (sign_in_ == nullptr) {
    return respond(JsonError(grpc::StatusCode::UNIMPLEMENTED,
                             "http.device_sign_in is not set", ""));
  }
  if (!IsJson(request.Header("content-type"))) {
    return respond({.status = 415});
  }
  StatusOr<SignInRequest> asked = RequestOf(request);
  if (!asked.ok()) {
    return respond(JsonError(asked.status()));
  }
  const auto shared = std::make_shared<SignInRequest>(*std::move(asked));
  const auto answer = std::make_shared<Respond>(std::move(respond));
  const bool taken = workers_->Add([this, shared, answer] {
    HttpResponse response = ResponseTo(sign_in_->SignIn(*shared));
    Wipe(shared->password);
    (*answer)(std::move(response));
  });
  if (!taken) {
    (*answer)(JsonError(MakeStatus(StatusCode::kResourceExhausted,
                                   "too many sign-ins are under way")));
  }
}

void HttpDeviceDoor::Read(const HttpRequest& request, Respond respond) {
  const std::string_view id =
      std::string_view(request.path).substr(kPath.size() + 1);
  std::optional<BasicCredentials> shown = BasicOf(request);
  if (!shown.has_value() || shown->user != id) {
    return respond(AskForBasic(kRealm));
  }
  const auto credentials =
      std::make_shared<BasicCredentials>(*std::move(shown));
  validator_->CheckDevice(
      {.user_name = credentials->user, .password = credentials->password},
      {.who = Caller{.id = "http device",
                     .roles = static_cast<db::Roles>(db::Role::kLogin)},
       .client_address = request.peer,
       .expired = ExpiresAfter(kHttpCheckTime)},
      [credentials,
       respond = std::move(respond)](const StatusOr<Answered>& answered) {
        Wipe(credentials->password);
        if (!answered.ok()) {
          return respond(answered.status().code() ==
                                 StatusCode::kInvalidArgument
                             ? AskForBasic(kRealm)
                             : JsonError(answered.status()));
        }
        const Outcome& outcome = answered->outcome;
        if (!db::IsAccepted(outcome.reason) || !outcome.device.has_value()) {
          return respond(AskForBasic(kRealm));
        }
        v1::Device device;
        ToProto(*outcome.device, &device);
        respond(Json(200, device));
      });
}

}  // namespace pawl::validator
