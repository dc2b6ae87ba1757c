#include "validator/http/json_door.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <grpcpp/client_context.h>

#include "validator/http/deadline.h"
#include "validator/http/json_error.h"
#include "validator/http/json_message.h"
#include "validator/service/caller.h"

namespace pawl::validator {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr std::string_view kPackage = "/pawl.v1.";
constexpr std::string_view kTrailerPrefix = "trailer-";
constexpr const char* kFieldTrailer = "pawl-field";

// One call under way.
struct Call {
  grpc::ClientContext context;
  std::unique_ptr<Message> request;
  std::unique_ptr<Message> response;
  Respond respond;
};

const MethodDescriptor* FindMethod(std::string_view path) {
  const size_t slash = path.find('/', 1);
  const std::string name = std::string(path.substr(1, slash - 1)) + "." +
                           std::string(path.substr(slash + 1));
  const MethodDescriptor* method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
          name);
  const bool unary = method != nullptr && !method->client_streaming() &&
                     !method->server_streaming();
  return unary ? method : nullptr;
}

std::unique_ptr<Message> New(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
}

// The deadline of the caller, but not later than that of all HTTP checks.
std::chrono::system_clock::time_point DeadlineOf(const HttpRequest& request) {
  const std::string_view text = request.Header("connect-timeout-ms");
  int64_t timeout = kHttpCheckTime.count();
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), timeout);
  if (error != std::errc() || end != text.data() + text.size() || timeout < 0 ||
      timeout > kHttpCheckTime.count()) {
    timeout = kHttpCheckTime.count();
  }
  return std::chrono::system_clock::now() + Millis(timeout);
}

HttpResponse ResponseTo(const Call& call, const grpc::Status& status) {
  const auto& trailers = call.context.GetServerTrailingMetadata();
  const auto found = trailers.find(kFieldTrailer);
  const std::string field =
      found == trailers.end()
          ? std::string()
          : std::string(found->second.data(), found->second.size());
  if (!status.ok()) {
    HttpResponse response =
        JsonError(status.error_code(), status.error_message(), field);
    if (!field.empty()) {
      response.headers.push_back(
          {std::string(kTrailerPrefix) + kFieldTrailer, field});
    }
    return response;
  }
  StatusOr<std::string> body = WriteJson(*call.response);
  return body.ok() ? HttpResponse{.type = "application/json",
                                  .body = *std::move(body)}
                   : JsonError(body.status());
}

// gRPC aborts the process for metadata that it cannot send.
bool CanBeMetadata(std::string_view value) {
  constexpr size_t kMaxKey = 512;
  return !value.empty() && value.size() <= kMaxKey &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

// nullopt: `call` has what it needs.
std::optional<HttpResponse> Prepare(const HttpRequest& request,
                                    const MethodDescriptor& method,
                                    Call& call) {
  if (!IsJson(request.Header("content-type"))) {
    return HttpResponse{.status = 415,
                        .headers = {{"Accept-Post", "application/json"}}};
  }
  // Before the body: reading it costs more than all else, and needs a key that
  // is one.
  const std::string_view authorization = request.Header("authorization");
  const auto key = BearerIn(authorization);
  if (!key.has_value() || !ParseKey(*key).ok() ||
      !CanBeMetadata(authorization)) {
    return JsonError(grpc::StatusCode::UNAUTHENTICATED,
                     "send your key once, as \"Authorization: Bearer KEY\"",
                     "");
  }
  const std::string_view coding = request.Header("content-encoding");
  if (!coding.empty() && coding != "identity") {
    return JsonError(grpc::StatusCode::UNIMPLEMENTED,
                     "send the body uncompressed: supported is identity", "");
  }
  call.request = New(method.input_type());
  call.response = New(method.output_type());
  const Status read = ReadJson(request.body, *call.request);
  if (!read.ok()) {
    return JsonError(read);
  }
  call.context.set_deadline(DeadlineOf(request));
  call.context.AddMetadata("authorization", std::string(authorization));
  return std::nullopt;
}

}  // namespace

bool JsonDoor::Has(std::string_view path) {
  return path.starts_with(kPackage) &&
         path.find('/', kPackage.size()) != std::string_view::npos;
}

void JsonDoor::Serve(const HttpRequest& request, Respond respond) {
  const MethodDescriptor* method = FindMethod(request.path);
  if (method == nullptr) {
    return respond(JsonError(grpc::StatusCode::UNIMPLEMENTED,
                             "there is no such unary method", ""));
  }
  if (request.method != "POST") {
    return respond({.status = 405, .headers = {{"Allow", "POST"}}});
  }
  auto call = std::make_shared<Call>();
  std::optional<HttpResponse> refused = Prepare(request, *method, *call);
  if (refused.has_value()) {
    return respond(*std::move(refused));
  }
  call->respond = std::move(respond);
  stub_.UnaryCall(&call->context, request.path, {}, call->request.get(),
                  call->response.get(), [call](const grpc::Status& status) {
                    call->respond(ResponseTo(*call, status));
                  });
}

}  // namespace pawl::validator
