#include "bench/target.h"

#include "base/file.h"
#include "tools/cli/secrets.h"

namespace pawl::bench {
namespace {

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsFor(
    const TargetOptions& options) {
  if (options.tls_ca.empty()) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions tls;
  PAWL_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadTextFile(options.tls_ca));
  if (!options.tls_cert.empty()) {
    PAWL_ASSIGN_OR_RETURN(tls.pem_cert_chain, ReadTextFile(options.tls_cert));
    PAWL_ASSIGN_OR_RETURN(tls.pem_private_key,
                          tools::ReadSecretFile(options.tls_key));
  }
  return grpc::SslCredentials(tls);
}

}  // namespace

StatusOr<Target> Target::Open(const TargetOptions& options) {
  Target target;
  target.server_ = options.server;
  PAWL_ASSIGN_OR_RETURN(target.credentials_, CredentialsFor(options));
  if (!options.key_file.empty()) {
    tools::SecretSource source("--key-file", options.key_file);
    PAWL_ASSIGN_OR_RETURN(const std::string key, source.Next("key"));
    target.authorization = "Bearer " + key;
  }
  return target;
}

std::shared_ptr<grpc::Channel> Target::Connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Channels would share a connection, and a failed call be tried again
  // without being counted.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(server_, credentials_, arguments);
}

std::string Describe(const grpc::Status& status) {
  return ToString(MakeStatus(static_cast<StatusCode>(status.error_code()),
                             status.error_message()));
}

}  // namespace pawl::bench
