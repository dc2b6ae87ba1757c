// Connection: the way to a Pawl server.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "base/status.h"

namespace pawl::tools {

struct ConnectionOptions {
  std::string server{};    // "unix:PATH" or "HOST:PORT"
  std::string key_file{};  // bearer key; empty: none is sent
  bool tls = false;        // implied by the files below
  std::string tls_ca{};    // PEM; empty: the system's authorities
  std::string tls_cert{};  // PEM of the client, with tls_key or not at all
  std::string tls_key{};
  int timeout_seconds = 5;  // for each call
};

// Thread safety: Call() may be called from any thread.
class Connection {
 public:
  // Reads the files and prepares the channel; nothing is sent yet. BadInput()
  // when a file cannot be used, or plain text would leave this machine: without
  // TLS only Unix sockets and loopback addresses are spoken to.
  [[nodiscard]] static StatusOr<Connection> Open(
      const ConnectionOptions& options);

  // Calls one method of a stub class, like &v1::TokenService::Stub::GetToken.
  // An error has the code and message of the server; where the server may not
  // have been reached, the message begins with its address.
  template <typename Stub, typename Request, typename Response>
  [[nodiscard]] StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) const {
    grpc::ClientContext context;
    Prepare(context);
    Stub stub(channel_);
    Response response;
    PAWL_RETURN_IF_ERROR(
        ToStatus((stub.*method)(&context, request, &response)));
    return response;
  }

 private:
  Connection() = default;

  void Prepare(grpc::ClientContext& context) const;
  [[nodiscard]] Status ToStatus(const grpc::Status& status) const;

  std::string server_;
  std::string authorization_;  // "Bearer KEY", or empty
  int timeout_seconds_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace pawl::tools
