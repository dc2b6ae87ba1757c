#include "tools/pawl/connection.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/address.h"
#include "base/file.h"
#include "tools/cli/report.h"
#include "tools/cli/secrets.h"

namespace pawl::tools {
namespace {

constexpr std::string_view kUnixScheme = "unix:";

// The host of "HOST:PORT" or "[IPV6]:PORT", or "" when there is no port.
std::string HostOf(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == address.size() ||
      address.substr(colon + 1).find_first_not_of("0123456789") !=
          std::string_view::npos) {
    return "";
  }
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return std::string(host);
}

StatusOr<std::string> ReadPem(const std::string& path) {
  if (path.empty()) {
    return std::string();
  }
  StatusOr<std::string> pem = ReadTextFile(path);
  return pem.ok() && !pem->empty()
             ? pem
             : BadInput(path, "cannot be read, or is empty");
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(
    const ConnectionOptions& options) {
  grpc::SslCredentialsOptions tls;
  PAWL_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadPem(options.tls_ca));
  PAWL_ASSIGN_OR_RETURN(tls.pem_cert_chain, ReadPem(options.tls_cert));
  if (!options.tls_key.empty()) {
    PAWL_ASSIGN_OR_RETURN(tls.pem_private_key, ReadSecretFile(options.tls_key));
  }
  return grpc::SslCredentials(tls);
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsFor(
    const ConnectionOptions& options) {
  const bool tls =
      options.tls || !options.tls_ca.empty() || !options.tls_cert.empty();
  if (options.server.starts_with(kUnixScheme)) {
    if (tls) {
      return BadInput("--tls", "a Unix socket has no TLS");
    }
    return grpc::InsecureChannelCredentials();
  }
  const std::string host = HostOf(options.server);
  if (host.empty()) {
    return BadInput("--server", "must be unix:PATH or HOST:PORT");
  }
  if (tls) {
    return TlsCredentials(options);
  }
  if (!IsLoopback(host)) {
    return BadInput("--server", host + " is not this machine: use --tls");
  }
  return grpc::InsecureChannelCredentials();
}

// The first line of the key file. It goes into a header, so it must be text
// without blanks.
StatusOr<std::string> ReadKey(const std::string& path) {
  SecretSource source("--key-file", path);
  PAWL_ASSIGN_OR_RETURN(std::string key, source.Next("key"));
  const bool good = std::all_of(key.begin(), key.end(),
                                [](char c) { return c > ' ' && c <= '~'; });
  if (!good) {
    return BadInput("--key-file", "the first line must be a key");
  }
  return key;
}

}  // namespace

StatusOr<Connection> Connection::Open(const ConnectionOptions& options) {
  Connection connection;
  connection.server_ = options.server;
  connection.timeout_seconds_ = options.timeout_seconds;
  PAWL_ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::ChannelCredentials> credentials,
      CredentialsFor(options));
  if (!options.key_file.empty()) {
    PAWL_ASSIGN_OR_RETURN(const std::string key, ReadKey(options.key_file));
    connection.authorization_ = "Bearer " + key;
  }
  grpc::ChannelArguments arguments;
  // A proxy from the environment must never see a key or a credential.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const bool local = options.server.starts_with(kUnixScheme);
  connection.channel_ = grpc::CreateCustomChannel(
      (local ? "" : "dns:///") + options.server, credentials, arguments);
  return connection;
}

void Connection::Prepare(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(timeout_seconds_));
  if (!authorization_.empty()) {
    context.AddMetadata("authorization", authorization_);
  }
}

Status Connection::ToStatus(const grpc::Status& status) const {
  if (status.ok()) {
    return OkStatus();
  }
  const auto code = static_cast<StatusCode>(status.error_code());
  if (code == StatusCode::kUnavailable) {
    return MakeStatus(code, server_ + ": " + status.error_message());
  }
  if (code == StatusCode::kDeadlineExceeded) {
    return MakeStatus(code, server_ + ": no answer within " +
                                std::to_string(timeout_seconds_) +
                                " s; whether anything was changed is unknown");
  }
  return MakeStatus(code, status.error_message());
}

}  // namespace pawl::tools
