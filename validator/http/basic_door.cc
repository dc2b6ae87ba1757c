#include "validator/http/basic_door.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/address.h"
#include "base/query.h"
#include "base/secret.h"
#include "validator/http/basic.h"
#include "validator/http/deadline.h"

namespace pawl::validator {
namespace {

// One request under way.
struct Pending {
  BasicCredentials shown;
  std::string service;
  Respond respond;
  ~Pending() { Wipe(shown.password); }
};

HttpResponse Later(unsigned status, std::string_view text, Millis after) {
  HttpResponse response = PlainText(status, text);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(after).count();
  response.headers.push_back(
      {"Retry-After", std::to_string(std::max<int64_t>(seconds, 1))});
  return response;
}

// Nothing that could end a header line comes through. Letters beyond ASCII do:
// without them two names could become one.
void AddHeader(HttpResponse& response, std::string name, std::string value) {
  std::replace_if(
      value.begin(), value.end(),
      [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
  if (!value.empty()) {
    response.headers.push_back({std::move(name), std::move(value)});
  }
}

HttpResponse Accept(const Outcome& outcome) {
  HttpResponse response = PlainText(200, "accepted");
  AddHeader(response, "X-Pawl-Account", outcome.login);
  if (outcome.account.has_value()) {
    AddHeader(response, "X-Pawl-Account-Id", db::ToString(*outcome.account));
  }
  if (outcome.device.has_value()) {
    AddHeader(response, "X-Pawl-Device-Id", db::ToString(outcome.device->id));
    AddHeader(response, "X-Pawl-Scope", outcome.device->scopes);
  }
  return response;
}

HttpResponse ResponseTo(const Answered& answered, const std::string& service) {
  const Outcome& outcome = answered.outcome;
  const db::Verdict verdict = db::VerdictOf(outcome.reason);
  if (verdict == db::Verdict::kAccepted) {
    return Accept(outcome);
  }
  if (outcome.reason == db::Reason::kThrottled && answered.caller.see_reasons) {
    return Later(429, "too many failures", outcome.retry_after);
  }
  HttpResponse response = AskForBasic(service);
  if (verdict == db::Verdict::kDelegated) {
    AddHeader(response, "X-Pawl-Verdict", "DELEGATED");
  }
  return response;
}

HttpResponse ResponseTo(const Status& failure, const std::string& service) {
  constexpr Millis kSoon = std::chrono::seconds(1);
  const StatusCode code = failure.code();
  if (code == StatusCode::kUnauthenticated ||
      code == StatusCode::kPermissionDenied) {
    return PlainText(403, MessageOf(failure));
  }
  if (code == StatusCode::kInvalidArgument) {
    // Wrong credentials are the person's, all else is the caller's.
    const std::string field = FieldOf(failure);
    return field == "service" || field == "client_address"
               ? PlainText(400, MessageOf(failure))
               : AskForBasic(service);
  }
  return code == StatusCode::kResourceExhausted
             ? Later(429, "too many checks", kSoon)
             : Later(503, "the check could not be decided", kSoon);
}

bool IsAddress(std::string_view text) {
  return !text.empty() && text.find_first_of("/ ") == std::string_view::npos &&
         Networks::Parse(text).has_value();
}

// Who asks by a path of the configuration.
Caller CallerAt(const std::string& path) {
  return {.id = "http " + path,
          .roles = static_cast<db::Roles>(db::Role::kLogin),
          .see_reasons = true};
}

}  // namespace

void BasicDoor::Serve(const HttpRequest& request, Respond respond) {
  const auto bound = paths_.find(request.path);
  CallContext context{.expired = ExpiresAfter(kHttpCheckTime)};
  if (request.HasHeader("x-real-ip")) {
    context.client_address = request.Header("x-real-ip");
    if (!IsAddress(context.client_address)) {
      return respond(PlainText(400, "X-Real-IP is not one address"));
    }
  }
  auto pending = std::make_shared<Pending>();
  if (bound != paths_.end()) {
    if (!request.from_loopback || request.IsForwarded()) {
      return respond(PlainText(403, "only from this host"));
    }
    pending->service = bound->second;
    context.who = CallerAt(request.path);
  } else {
    StatusOr<Claim> claim = ParseKey(request.Header("x-pawl-key"));
    const std::optional<Parameters> query = Parameters::Parse(request.query);
    if (!claim.ok()) {
      return respond(PlainText(403, "send your key in the header X-Pawl-Key"));
    }
    if (!query.has_value()) {
      return respond(PlainText(400, "the query cannot be read"));
    }
    context.who = *std::move(claim);
    pending->service = query->Get("service");
  }
  std::optional<BasicCredentials> shown = BasicOf(request);
  if (!shown.has_value()) {
    return respond(AskForBasic(pending->service));
  }
  pending->shown = *std::move(shown);
  pending->respond = std::move(respond);
  validator_->CheckLogin(
      {.account = pending->shown.user,
       .service = pending->service,
       .credential = pending->shown.password},
      std::move(context), [pending](const StatusOr<Answered>& answered) {
        pending->respond(answered.ok()
                             ? ResponseTo(*answered, pending->service)
                             : ResponseTo(answered.status(), pending->service));
      });
}

}  // namespace pawl::validator
