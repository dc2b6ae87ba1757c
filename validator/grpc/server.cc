#include "validator/grpc/server.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "base/address.h"
#include "base/log.h"
#include "validator/grpc/authenticator.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/hot_call.h"
#include "validator/grpc/hot_methods.h"
#include "validator/grpc/hot_stream.h"

namespace pawl::validator {
namespace {

// The largest request is a token with a label; this is many times that (I8).
constexpr int kMaxRequestBytes = 64 * 1024;
constexpr int kMaxThreads = 512;
constexpr int kMaxConcurrentStreams = 256;  // on one connection
// Hot calls and streams that one thread has under way at once; more wait in
// gRPC.
constexpr int kHotCalls = 512;
constexpr int kHotStreams = 32;
constexpr int kMaxIdleMs = 10 * 60 * 1000;  // of a connection without calls
// Health names that say whether the store can be written.
constexpr const char* kServiceNames[] = {
    v1::LoginService::service_full_name(),
    v1::ValidationService::service_full_name(),
    v1::TokenService::service_full_name(),
    v1::AccountService::service_full_name(),
    v1::ClientService::service_full_name(),
    v1::AuditService::service_full_name(),
    v1::StatusService::service_full_name()};
// Health name that says only that the process lives.
constexpr const char* kLiveness = "liveness";

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(
    const std::optional<TlsMaterial>& tls) {
  if (!tls.has_value()) {
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions options(
      tls->client_ca.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls->client_ca;
  options.pem_key_cert_pairs.push_back({tls->private_key, tls->certificate});
  return grpc::SslServerCredentials(options);
}

void SetLimits(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("pawl");
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxConcurrentStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdleMs);
  // Two servers on one port would share its calls between two processes.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// Threads for hot calls: half the processors, because the store and the rest
// of gRPC need the others.
size_t HotThreads() {
  return std::max(1U, std::thread::hardware_concurrency() / 2);
}

// What protobuf says of bad requests; callers hear it as an error anyway, and
// anyone could fill the log with it.
void LogFromProtobuf(google::protobuf::LogLevel, const char*, int,
                     const std::string& message) {
  Log(Severity::kDebug, "protobuf").With("message", message);
}

// gRPC's own complaints become lines of our log.
void LogFromGrpc(gpr_log_func_args* args) {
  Log(args->severity == GPR_LOG_SEVERITY_ERROR ? Severity::kWarning
                                               : Severity::kDebug,
      "grpc")
      .With("message", args->message);
}

}  // namespace

// One gRPC server with its own doors, so that who may call is a matter of
// where the call came in.
struct GrpcServer::Listener {
  Listener(const Services& services, std::unique_ptr<Authenticator> who)
      : validator(services.validator),
        authenticator(std::move(who)),
        token(services, *authenticator),
        account(services, *authenticator),
        client(services, *authenticator),
        audit(services, *authenticator),
        status(services, *authenticator) {}

  void RegisterOn(grpc::ServerBuilder& builder, size_t hot_threads) {
    SetLimits(builder);
    for (size_t i = 0; i < hot_threads; ++i) {
      loops.push_back(
          std::make_unique<CompletionLoop>(builder.AddCompletionQueue()));
    }
    for (grpc::Service* door : Doors()) {
      builder.RegisterService(door);
    }
  }

  std::vector<grpc::Service*> Doors() {
    return {&login, &validation, &token, &account, &client, &audit, &status};
  }

  // The server is there: serves.
  void Start() {
    for (const auto& loop : loops) {
      Expect<CheckLoginMethod>(login, *loop);
      Expect<ValidateOtpMethod>(validation, *loop);
      loop->Start();
    }
  }

  void Stop(std::chrono::system_clock::time_point deadline) {
    for (const auto& loop : loops) {
      loop->Close();
    }
    server->GetHealthCheckService()->Shutdown();
    server->Shutdown(deadline);
    for (const auto& loop : loops) {
      loop->Stop();
    }
    server->Wait();
    server.reset();
  }

  template <typename Method>
  void Expect(typename Method::Service& service, CompletionLoop& loop) {
    const HotParts<Method> parts{.service = &service,
                                 .validator = validator,
                                 .authenticator = authenticator.get(),
                                 .loop = &loop};
    for (int i = 0; i < kHotCalls; ++i) {
      UnaryCall<Method>::Make(parts);
    }
    for (int i = 0; i < kHotStreams; ++i) {
      StreamCall<Method>::Make(parts);
    }
  }

  void SetReady(bool ready) const {
    grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
    for (const char* name : kServiceNames) {
      health->SetServingStatus(name, ready);
    }
    health->SetServingStatus("", ready);
    health->SetServingStatus(kLiveness, true);
  }

  Validator* validator;
  std::unique_ptr<Authenticator> authenticator;
  v1::LoginService::AsyncService login;
  v1::ValidationService::AsyncService validation;
  TokenDoor token;
  AccountDoor account;
  ClientDoor client;
  AuditDoor audit;
  StatusDoor status;
  std::vector<std::unique_ptr<CompletionLoop>> loops;
  std::unique_ptr<grpc::Server> server;
};

StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, const Services& services) {
  if (!options.tls.has_value() && !IsLoopback(services.listen->host)) {
    return InvalidField("listen", "beyond loopback needs tls_cert and tls_key");
  }
  gpr_set_log_function(LogFromGrpc);
  google::protobuf::SetLogHandler(LogFromProtobuf);
  grpc::EnableDefaultHealthCheckService(true);
  // Reflection asks for no key and an open stream of it holds a thread: it is
  // for this host only. The plug-in works for servers built after it.
  if (!options.tls.has_value()) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }
  std::unique_ptr<GrpcServer> server(new GrpcServer());

  server->tcp_ = std::make_unique<Listener>(
      services, std::make_unique<BearerAuthenticator>(*services.clients));
  const std::string address = services.listen->Text();
  grpc::ServerBuilder tcp;
  server->tcp_->RegisterOn(tcp, HotThreads());
  int port = 0;
  tcp.AddListeningPort(address, CredentialsOf(options.tls), &port);
  server->tcp_->server = tcp.BuildAndStart();
  if (server->tcp_->server == nullptr || port == 0) {
    return Unavailable("cannot listen on " + address +
                       (options.tls.has_value()
                            ? "; is it taken, or the certificate not right?"
                            : "; is another server there?"));
  }
  services.listen->port = port;

  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  PAWL_ASSIGN_OR_RETURN(server->unix_door_, UnixDoor::Open(options.socket));
  server->local_ = std::make_unique<Listener>(
      services, std::make_unique<LocalAuthenticator>(*services.clients));
  grpc::ServerBuilder local;
  server->local_->RegisterOn(local, HotThreads());
  auto acceptor = local.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  server->local_->server = local.BuildAndStart();
  PAWL_CHECK(server->local_->server != nullptr);
  server->tcp_->Start();
  server->local_->Start();
  server->unix_door_->Serve(std::move(acceptor));
  server->SetReady(false);
  return server;
}

GrpcServer::~GrpcServer() {
  Stop(Millis{0});
}

void GrpcServer::SetReady(bool ready) {
  tcp_->SetReady(ready);
  local_->SetReady(ready);
}

void GrpcServer::Stop(Millis grace) {
  if (unix_door_ != nullptr) {
    unix_door_->Stop();
  }
  const auto deadline = std::chrono::system_clock::now() + grace;
  for (Listener* listener : {tcp_.get(), local_.get()}) {
    if (listener == nullptr || listener->server == nullptr) {
      continue;
    }
    listener->Stop(deadline);
  }
}

}  // namespace pawl::validator
