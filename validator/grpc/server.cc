#include "validator/grpc/server.h"

#include <chrono>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "base/address.h"
#include "base/log.h"
#include "validator/grpc/authenticator.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/health_door.h"
#include "validator/grpc/hot_call.h"
#include "validator/grpc/hot_methods.h"
#include "validator/grpc/hot_stream.h"
#include "validator/grpc/limits.h"

namespace pawl::validator {
namespace {

// Hot calls and streams that one thread has under way at once; more wait in
// gRPC.
constexpr int kHotCalls = 512;
constexpr int kHotStreams = 32;

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

// All doors and the loops of the hot ones.
struct GrpcServer::Doors {
  explicit Doors(const Services& services)
      : validator(services.validator),
        authenticator(*services.clients),
        token(services, authenticator),
        account(services, authenticator),
        client(services, authenticator),
        device(services, authenticator),
        self_service(services, authenticator),
        help_desk(services, authenticator),
        audit(services, authenticator),
        status(services, authenticator) {}

  void RegisterOn(grpc::ServerBuilder& builder) {
    for (size_t i = 0; i < HotThreads(); ++i) {
      loops.push_back(
          std::make_unique<CompletionLoop>(builder.AddCompletionQueue()));
    }
    for (grpc::Service* door : std::initializer_list<grpc::Service*>{
             &login, &validation, &token, &account, &client, &device,
             &self_service, &help_desk, &audit, &status, &health}) {
      builder.RegisterService(door);
    }
  }

  // The server is there: serves.
  void Start() {
    for (const auto& loop : loops) {
      Expect<CheckLoginMethod>(login, *loop);
      Expect<ValidateOtpMethod>(validation, *loop);
      loop->Start();
    }
  }

  template <typename Method>
  void Expect(typename Method::Service& service, CompletionLoop& loop) {
    const HotParts<Method> parts{
        .service = &service, .validator = validator, .loop = &loop};
    for (int i = 0; i < kHotCalls; ++i) {
      UnaryCall<Method>::Make(parts);
    }
    for (int i = 0; i < kHotStreams; ++i) {
      StreamCall<Method>::Make(parts);
    }
  }

  Validator* validator;
  Authenticator authenticator;
  v1::LoginService::AsyncService login;
  v1::ValidationService::AsyncService validation;
  TokenDoor token;
  AccountDoor account;
  ClientDoor client;
  DeviceDoor device;
  SelfServiceDoor self_service;
  HelpDeskDoor help_desk;
  AuditDoor audit;
  StatusDoor status;
  HealthDoor health;
  std::vector<std::unique_ptr<CompletionLoop>> loops;
};

StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, const Services& services) {
  if (!options.tls.has_value() && !IsLoopback(services.listen->host)) {
    return InvalidField("listen", "beyond loopback needs tls_cert and tls_key");
  }
  gpr_set_log_function(LogFromGrpc);
  google::protobuf::SetLogHandler(LogFromProtobuf);
  // Reflection asks for no key and an open stream of it holds a thread: it is
  // there only when nobody beyond this host can reach it.
  if (!options.tls.has_value()) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }
  std::unique_ptr<GrpcServer> server(new GrpcServer());
  PAWL_ASSIGN_OR_RETURN(server->unix_door_, UnixDoor::Open(options.socket));
  server->doors_ = std::make_unique<Doors>(services);

  // One server for both listeners: the threads of a second one would take
  // turns with these at polling and hand every event over (ADR 0012).
  grpc::ServerBuilder builder;
  SetLimits(builder);
  server->doors_->RegisterOn(builder);
  const std::string address = services.listen->Text();
  int port = 0;
  builder.AddListeningPort(address, CredentialsOf(options.tls), &port);
  auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::experimental::LocalServerCredentials(UDS));
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || port == 0) {
    return Unavailable("cannot listen on " + address +
                       (options.tls.has_value()
                            ? "; is it taken, or the certificate not right?"
                            : "; is another server there?"));
  }
  services.listen->port = port;
  server->doors_->Start();
  server->unix_door_->Serve(std::move(acceptor));
  return server;
}

GrpcServer::~GrpcServer() {
  Stop(Millis{0});
}

std::shared_ptr<grpc::Channel> GrpcServer::LocalChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

void GrpcServer::SetReady(bool ready) {
  doors_->health.SetReady(ready);
}

void GrpcServer::Stop(Millis grace) {
  if (unix_door_ != nullptr) {
    unix_door_->Stop();
  }
  if (server_ == nullptr) {
    return;
  }
  doors_->health.SetReady(false);
  for (const auto& loop : doors_->loops) {
    loop->Close();
  }
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  for (const auto& loop : doors_->loops) {
    loop->Stop();
  }
  server_->Wait();
  server_.reset();
}

}  // namespace pawl::validator
