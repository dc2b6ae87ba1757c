// JsonDoor: every unary method of the gRPC services, as JSON over HTTP, in the
// unary form of the Connect protocol:
//
//   POST /pawl.v1.LoginService/CheckLogin
//   Content-Type: application/json
//   Authorization: Bearer KEY
//
// Messages are in protobuf's JSON mapping, not binary and not compressed;
// errors as validator/http/json_error.h writes them. The call goes to the gRPC
// server of this process, so that nothing can differ between the two (I10).
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <memory>

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "validator/http/message.h"

namespace pawl::validator {

class JsonDoor {
 public:
  // `channel` leads to the server of this process.
  explicit JsonDoor(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(channel) {}

  // True for a path of the form "/pawl.v1.Service/Method".
  [[nodiscard]] static bool Has(std::string_view path);
  void Serve(const HttpRequest& request, Respond respond);

 private:
  grpc::TemplatedGenericStub<google::protobuf::MessageLite,
                             google::protobuf::MessageLite>
      stub_;
};

}  // namespace pawl::validator
