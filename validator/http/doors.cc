#include "validator/http/doors.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "yubico/wsapi.h"

namespace pawl::validator {
namespace {

constexpr size_t kMaxRequestId = 128;

}  // namespace

HttpDoors::HttpDoors(const Services& services,
                     const std::shared_ptr<grpc::Channel>& channel,
                     const Options& options)
    : run_(std::to_string(ToUnixSeconds(services.started))),
      metrics_(&services.validator->metrics()),
      sign_in_(options.sign_in_service.empty()
                   ? std::nullopt
                   : std::make_optional<DeviceSignIn>(
                         *services.validator, *services.accounts,
                         *services.devices, options.sign_in_service)),
      wsapi_(*services.validator, *services.clock),
      basic_(*services.validator, options.basic_paths),
      json_(channel),
      devices_(*services.validator, sign_in_.has_value() ? &*sign_in_ : nullptr,
               sign_ins_),
      operations_(*services.readiness, *metrics_, *services.clients, reads_) {}

// The caller's name for this request, or one of ours.
std::string HttpDoors::RequestId(const HttpRequest& request) {
  const std::string_view theirs = request.Header("x-request-id");
  const bool plain = std::all_of(theirs.begin(), theirs.end(),
                                 [](char c) { return c > ' ' && c <= '~'; });
  return !theirs.empty() && theirs.size() <= kMaxRequestId && plain
             ? std::string(theirs)
             : run_ + "-" + std::to_string(++requests_);
}

// Counts and names the answer, and logs it when nobody got one.
void HttpDoors::Finish(const Answering& by, HttpResponse response) {
  metrics_->CountHttp(by.door, response.status);
  if (response.status >= 500) {
    Log(Severity::kWarning, "http_failed")
        .With("request_id", by.request_id)
        .With("door", by.door)
        .With("status", static_cast<int64_t>(response.status));
  }
  response.headers.push_back({"X-Request-Id", by.request_id});
  by.respond(std::move(response));
}

void HttpDoors::Serve(const HttpRequest& request, Respond respond) {
  const auto counted = [&](const char* door) -> Respond {
    return [this, by = Answering{.door = door,
                                 .request_id = RequestId(request),
                                 .respond = std::move(respond)}](
               HttpResponse response) { Finish(by, std::move(response)); };
  };
  if (const std::optional<bool> version_2 = yubico::IsVersion2(request.path)) {
    return wsapi_.Serve(*version_2, request, counted("wsapi"));
  }
  if (basic_.Has(request.path)) {
    return basic_.Serve(request, counted("basic"));
  }
  if (JsonDoor::Has(request.path)) {
    return json_.Serve(request, counted("json"));
  }
  if (HttpDeviceDoor::Has(request.path)) {
    return devices_.Serve(request, counted("devices"));
  }
  if (OperationsDoor::Has(request.path)) {
    return operations_.Serve(request, counted("operations"));
  }
  counted("none")(PlainText(404, "not found"));
}

}  // namespace pawl::validator
