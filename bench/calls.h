// The two calls that can be measured, behind one shape for the transports.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "bench/transport.h"
#include "pawl/v1/login.grpc.pb.h"
#include "pawl/v1/validation.grpc.pb.h"

namespace pawl::bench {

struct LoginCall {
  using Service = v1::LoginService;
  using Request = v1::CheckLoginRequest;
  using Response = v1::CheckLoginResponse;
  using StreamRequest = v1::CheckLoginsRequest;
  using StreamResponse = v1::CheckLoginsResponse;

  static void Fill(const Question& question, Request& request) {
    request.set_account(std::string(question.login));
    request.set_service("webmail");
    request.set_credential(std::string(question.text));
    request.set_attempt_id(std::string(question.attempt_id));
    request.set_client_address("192.0.2.7");
  }
  static auto Start(Service::Stub& stub, grpc::ClientContext& context,
                    const Request& request, grpc::CompletionQueue& queue) {
    return stub.AsyncCheckLogin(&context, request, &queue);
  }
  static auto StartStream(Service::Stub& stub, grpc::ClientContext& context,
                          grpc::CompletionQueue& queue, void* tag) {
    return stub.AsyncCheckLogins(&context, &queue, tag);
  }
};

// A phone that asks at every request.
struct DeviceCall : LoginCall {
  static void Fill(const Question& question, Request& request) {
    LoginCall::Fill(question, request);
    request.set_service("imap");
  }
};

struct OtpCall {
  using Service = v1::ValidationService;
  using Request = v1::ValidateOtpRequest;
  using Response = v1::ValidateOtpResponse;
  using StreamRequest = v1::ValidateOtpsRequest;
  using StreamResponse = v1::ValidateOtpsResponse;

  static void Fill(const Question& question, Request& request) {
    request.set_otp(std::string(question.text));
    request.set_attempt_id(std::string(question.attempt_id));
    request.set_client_address("192.0.2.7");
  }
  static auto Start(Service::Stub& stub, grpc::ClientContext& context,
                    const Request& request, grpc::CompletionQueue& queue) {
    return stub.AsyncValidateOtp(&context, request, &queue);
  }
  static auto StartStream(Service::Stub& stub, grpc::ClientContext& context,
                          grpc::CompletionQueue& queue, void* tag) {
    return stub.AsyncValidateOtps(&context, &queue, tag);
  }
};

}  // namespace pawl::bench
