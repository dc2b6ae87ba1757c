// The two hot methods, as what validator/grpc/hot_call.h serves: how each is
// asked for, put to the validator and answered. Doors convert; they never
// decide (I10).
//
// For each method M:
//   Service, Request, Response              of the unary form
//   ManyRequest, ManyResponse               of the stream form
//   Expect(), ExpectMany()                  have gRPC wait for the next call
//   Ask()                                   starts the check
//   Fill()                                  the answer as its caller may see
//                                           it; wipes what was told once
#pragma once

#include <string>
#include <utility>

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include "pawl/v1/login.grpc.pb.h"
#include "pawl/v1/validation.grpc.pb.h"
#include "validator/service/validator.h"

namespace pawl::validator {

// Declares what both have in common.
#define PAWL_HOT_METHOD(Method, Many, ServiceName)                        \
  using Service = v1::ServiceName::AsyncService;                          \
  using Request = v1::Method##Request;                                    \
  using Response = v1::Method##Response;                                  \
  using ManyRequest = v1::Many##Request;                                  \
  using ManyResponse = v1::Many##Response;                                \
  static void Expect(Service& service, grpc::ServerContext* context,      \
                     Request* request,                                    \
                     grpc::ServerAsyncResponseWriter<Response>* writer,   \
                     grpc::ServerCompletionQueue* queue, void* tag) {     \
    service.Request##Method(context, request, writer, queue, queue, tag); \
  }                                                                       \
  static void ExpectMany(                                                 \
      Service& service, grpc::ServerContext* context,                     \
      grpc::ServerAsyncReaderWriter<ManyResponse, ManyRequest>* stream,   \
      grpc::ServerCompletionQueue* queue, void* tag) {                    \
    service.Request##Many(context, stream, queue, queue, tag);            \
  }                                                                       \
  static void Ask(Validator& validator, const Request& request,           \
                  CallContext context, Done done);                        \
  static void Fill(Answered& answered, Response& response)

struct CheckLoginMethod {
  PAWL_HOT_METHOD(CheckLogin, CheckLogins, LoginService);
};

struct ValidateOtpMethod {
  PAWL_HOT_METHOD(ValidateOtp, ValidateOtps, ValidationService);
};

#undef PAWL_HOT_METHOD

}  // namespace pawl::validator
