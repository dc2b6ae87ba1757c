#include "validator/http/operations_door.h"

#include <memory>
#include <string>
#include <utility>

#include "validator/http/json_error.h"

namespace pawl::validator {
namespace {

constexpr std::string_view kLive = "/livez";
constexpr std::string_view kReady = "/readyz";
constexpr std::string_view kMetrics = "/metrics";

HttpResponse Write(const Metrics& metrics) {
  return {.type = "text/plain; version=0.0.4; charset=utf-8",
          .body = metrics.Text()};
}

// A proxy on this host stands for somebody else, as far as it says so.
bool IsFromThisHost(const HttpRequest& request) {
  return request.from_loopback && !request.IsForwarded() &&
         !request.HasHeader("x-real-ip");
}

// The claim of "Authorization: Bearer KEY".
StatusOr<Claim> ClaimIn(const HttpRequest& request) {
  const auto key = BearerIn(request.Header("authorization"));
  return key.has_value()
             ? ParseKey(*key)
             : MakeStatus(StatusCode::kUnauthenticated,
                          "send a bearer key, or ask from this host");
}

}  // namespace

bool OperationsDoor::Has(std::string_view path) {
  return path == kLive || path == kReady || path == kMetrics;
}

void OperationsDoor::Serve(const HttpRequest& request, Respond respond) {
  if (request.method != "GET" && request.method != "HEAD") {
    return respond({.status = 405, .headers = {{"Allow", "GET, HEAD"}}});
  }
  if (request.path == kMetrics) {
    return ServeMetrics(request, std::move(respond));
  }
  const Status ready = request.path == kReady ? readiness_->Last() : OkStatus();
  respond(ready.ok() ? PlainText(200, "ok") : PlainText(503, "not ready"));
}

void OperationsDoor::ServeMetrics(const HttpRequest& request, Respond respond) {
  if (IsFromThisHost(request)) {
    return respond(Write(*metrics_));
  }
  const StatusOr<Claim> claim = ClaimIn(request);
  if (!claim.ok()) {
    return respond(JsonError(claim.status()));
  }
  constexpr db::Roles kAllowed = static_cast<db::Roles>(db::Role::kAudit) |
                                 static_cast<db::Roles>(db::Role::kAdmin);
  const auto answer = std::make_shared<Respond>(std::move(respond));
  const bool taken = workers_->Add([this, answer, claim = *claim] {
    const StatusOr<Caller> caller = clients_->Authenticate(claim);
    const Status allowed =
        caller.ok() ? CheckRoles(*caller, kAllowed) : caller.status();
    (*answer)(allowed.ok() ? Write(*metrics_) : JsonError(allowed));
  });
  if (!taken) {
    (*answer)(PlainText(503, "busy"));
  }
}

}  // namespace pawl::validator
