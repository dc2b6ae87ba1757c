#include "validator/http/wsapi_door.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/key_access.h"
#include "base/secret.h"
#include "validator/http/deadline.h"
#include "yubico/wsapi.h"

namespace pawl::validator {
namespace {

using yubico::ParsedWsapi;
using yubico::ParseWsapi;
using yubico::WriteWsapi;
using yubico::WsapiAnswer;
using yubico::WsapiCounters;
using yubico::WsapiRequest;
using yubico::WsapiStatus;

// One request under way.
struct Pending {
  WsapiRequest request;
  SecretBytes key;  // of the client, once it is known
  Respond respond;
};

WsapiStatus StatusOf(const Outcome& outcome) {
  if (db::IsAccepted(outcome.reason)) {
    return WsapiStatus::kOk;
  }
  if (outcome.reason != db::Reason::kReplayed) {
    return WsapiStatus::kBadOtp;
  }
  return db::Has(outcome.hints, db::Hint::kRepeatedAttempt)
             ? WsapiStatus::kReplayedRequest
             : WsapiStatus::kReplayedOtp;
}

WsapiStatus StatusOf(const Status& failure, bool client_known) {
  const StatusCode code = failure.code();
  if (code == StatusCode::kUnauthenticated) {
    return client_known ? WsapiStatus::kBadSignature
                        : WsapiStatus::kNoSuchClient;
  }
  return code == StatusCode::kInvalidArgument ? WsapiStatus::kBadOtp
                                              : WsapiStatus::kBackendError;
}

WsapiAnswer AnswerTo(const StatusOr<Answered>& answered, bool client_known,
                     UnixTime now) {
  WsapiAnswer answer{.at = now};
  if (!answered.ok()) {
    answer.status = StatusOf(answered.status(), client_known);
    return answer;
  }
  const Outcome& outcome = answered->outcome;
  answer.status = StatusOf(outcome);
  if (outcome.counters.has_value()) {
    answer.counters = WsapiCounters{.position = outcome.counters->position,
                                    .timestamp = outcome.counters->clock};
  }
  return answer;
}

HttpResponse Write(const WsapiAnswer& answer, const WsapiRequest& request,
                   const SecretBytes& key) {
  return {.type = "text/plain",
          .body = WriteWsapi(answer, request, key.Reveal(GrantKeyAccess()))};
}

}  // namespace

void WsapiDoor::Serve(bool version_2, const HttpRequest& http,
                      Respond respond) {
  if (http.method != "GET" && http.method != "POST" && http.method != "HEAD") {
    return respond({.status = 405, .headers = {{"Allow", "GET, HEAD, POST"}}});
  }
  if (http.method == "HEAD") {  // would use up a code without an answer
    return respond({.type = "text/plain"});
  }
  // A form counts only where there is no query.
  const bool is_form = http.method == "POST" && http.query.empty();
  ParsedWsapi parsed = ParseWsapi(
      version_2, Parameters::Parse(is_form ? http.body : http.query));
  if (parsed.problem.has_value()) {
    return respond(Write({.status = *parsed.problem, .at = clock_->Now()},
                         parsed.request, SecretBytes()));
  }
  const auto pending = std::make_shared<Pending>();
  pending->request = std::move(parsed.request);
  pending->respond = std::move(respond);
  const WsapiRequest& request = pending->request;
  validator_->ValidateOtp(
      {.otp = request.otp, .nonce = request.nonce},
      {.who = Claim{.client = db::ClientId{request.client},
                    .request = SignedRequest{.text = request.signed_text,
                                             .mac = request.signature,
                                             .key = &pending->key}},
       .client_address = http.peer,
       .expired = ExpiresAfter(kHttpCheckTime)},
      [pending, this](const StatusOr<Answered>& answered) {
        const bool client_known = !pending->key.empty();
        pending->respond(Write(AnswerTo(answered, client_known, clock_->Now()),
                               pending->request, pending->key));
      });
}

}  // namespace pawl::validator
