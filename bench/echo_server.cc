// pawl-echo: the yardstick. Answers every login check at once, with the fields
// of an acceptance, and does nothing else: what a verdict costs above this is
// ours, what is below is gRPC's.
//
// The completion-queue API, one thread for each queue, and the same limits as
// pawld.
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "base/file.h"
#include "pawl/v1/login.grpc.pb.h"
#include "tools/cli/arguments.h"
#include "tools/cli/report.h"
#include "tools/cli/secrets.h"
#include "validator/grpc/limits.h"

namespace pawl::bench {
namespace {

constexpr const char* kProgram = "pawl-echo";
constexpr int kWaitingCalls = 64;     // for each queue, unary
constexpr int kWaitingStreams = 4;    // for each queue
constexpr size_t kMaxUnderWay = 256;  // on one stream

using Service = v1::LoginService::AsyncService;
using Queue = grpc::ServerCompletionQueue;

// What a queue calls back.
class Event {
 public:
  Event() = default;
  virtual ~Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  virtual void Happened(bool ok) = 0;
};

void Accept(v1::CheckLoginResponse& answer) {
  answer.set_verdict(v1::VERDICT_ACCEPTED);
  answer.set_reason(v1::REASON_GOOD_CODE);
  answer.set_account_id("acc_0123456789abc");
  answer.set_token_id("tok_0123456789abc");
}

class UnaryCall final : public Event {
 public:
  UnaryCall(Service& service, Queue& queue) : service_(service), queue_(queue) {
    Await();
  }

  void Happened(bool ok) override {
    if (answered_) {
      Await();
    } else if (ok) {
      answered_ = true;
      response_.Clear();
      Accept(response_);
      responder_->Finish(response_, grpc::Status::OK, this);
    }
  }

 private:
  void Await() {
    answered_ = false;
    responder_.reset();
    context_.emplace();
    responder_.emplace(&*context_);
    service_.RequestCheckLogin(&*context_, &request_, &*responder_, &queue_,
                               &queue_, this);
  }

  Service& service_;
  Queue& queue_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<v1::CheckLoginResponse>>
      responder_;
  v1::CheckLoginRequest request_;
  v1::CheckLoginResponse response_;
  bool answered_ = false;
};

class StreamCall {
 public:
  StreamCall(Service& service, Queue& queue)
      : service_(service), queue_(queue) {
    Await();
  }

 private:
  // One tag for each thing that may be under way.
  class Tag final : public Event {
   public:
    explicit Tag(std::function<void(bool)> then) : then_(std::move(then)) {}
    void Happened(bool ok) override { then_(ok); }

   private:
    std::function<void(bool)> then_;
  };

  void Await() {
    answers_.clear();
    ended_ = false;
    has_written_ = false;
    stream_.reset();
    context_.emplace();
    stream_.emplace(&*context_);
    service_.RequestCheckLogins(&*context_, &*stream_, &queue_, &queue_,
                                &started_);
  }

  void Started(bool ok) {
    if (ok) {
      Read();
    }
  }

  void Read() {
    reading_ = true;
    stream_->Read(&request_, &read_);
  }

  void HasRead(bool ok) {
    reading_ = false;
    ended_ = !ok;
    if (ok) {
      answers_.emplace_back();
      answers_.back().set_attempt_id(request_.check().attempt_id());
      Accept(*answers_.back().mutable_answer());
    }
    Write();
    GoOn();
  }

  void Write() {
    if (writing_ || answers_.empty()) {
      return;
    }
    writing_ = true;
    grpc::WriteOptions options;
    // Not the first one, as in validator/grpc/hot_stream.h.
    if (std::exchange(has_written_, true) && answers_.size() > 1) {
      options.set_buffer_hint();
    }
    stream_->Write(answers_.front(), options, &written_);
    answers_.pop_front();
  }

  void HasWritten(bool ok) {
    writing_ = false;
    if (ok) {
      Write();
    } else {
      answers_.clear();
    }
    GoOn();
  }

  void GoOn() {
    if (!ended_ && !reading_ && answers_.size() < kMaxUnderWay) {
      Read();
    } else if (ended_ && !writing_ && answers_.empty()) {
      stream_->Finish(grpc::Status::OK, &finished_);
    }
  }

  Service& service_;
  Queue& queue_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncReaderWriter<v1::CheckLoginsResponse,
                                              v1::CheckLoginsRequest>>
      stream_;
  v1::CheckLoginsRequest request_;
  std::deque<v1::CheckLoginsResponse> answers_;
  bool ended_ = false;  // the caller has sent all
  bool reading_ = false;
  bool writing_ = false;
  bool has_written_ = false;
  Tag started_{[this](bool ok) { Started(ok); }};
  Tag read_{[this](bool ok) { HasRead(ok); }};
  Tag written_{[this](bool ok) { HasWritten(ok); }};
  Tag finished_{[this](bool) { Await(); }};
};

void Serve(Service& service, Queue& queue) {
  std::vector<std::unique_ptr<UnaryCall>> calls;
  for (int i = 0; i < kWaitingCalls; ++i) {
    calls.push_back(std::make_unique<UnaryCall>(service, queue));
  }
  std::vector<std::unique_ptr<StreamCall>> streams;
  for (int i = 0; i < kWaitingStreams; ++i) {
    streams.push_back(std::make_unique<StreamCall>(service, queue));
  }
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
    static_cast<Event*>(tag)->Happened(ok);
  }
}

struct Options {
  std::string listen = "127.0.0.1:0";
  int queues = static_cast<int>(validator::HotThreads());  // as pawld
  std::string tls_cert{};
  std::string tls_key{};
  std::string tls_client_ca{};
};

StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const Options& options) {
  if (options.tls_cert.empty()) {
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions tls;
  if (!options.tls_client_ca.empty()) {
    tls.client_certificate_request =
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    PAWL_ASSIGN_OR_RETURN(tls.pem_root_certs,
                          ReadTextFile(options.tls_client_ca));
  }
  PAWL_ASSIGN_OR_RETURN(std::string cert, ReadTextFile(options.tls_cert));
  PAWL_ASSIGN_OR_RETURN(std::string key,
                        tools::ReadSecretFile(options.tls_key));
  tls.pem_key_cert_pairs.push_back({std::move(key), std::move(cert)});
  return grpc::SslServerCredentials(tls);
}

// Until SIGTERM or SIGINT ends the process.
Status Run(const Options& options) {
  PAWL_ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::ServerCredentials> credentials,
      CredentialsOf(options));
  Service service;
  grpc::ServerBuilder builder;
  validator::SetLimits(builder);
  builder.RegisterService(&service);
  std::vector<std::unique_ptr<Queue>> queues;
  for (int i = 0; i < options.queues; ++i) {
    queues.push_back(builder.AddCompletionQueue());
  }
  int port = 0;
  builder.AddListeningPort(options.listen, credentials, &port);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return Unavailable("cannot listen on " + options.listen);
  }
  std::cout << port << std::endl;
  std::vector<std::thread> threads;
  for (const auto& queue : queues) {
    threads.emplace_back([&service, &queue] { Serve(service, *queue); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return OkStatus();
}

int Main(int argc, const char* const* argv) {
  CLI::App app("Accepts every login check: the yardstick.", kProgram);
  Options options;
  app.add_option("--listen", options.listen,
                 "unix:PATH or HOST:PORT; the port is printed")
      ->capture_default_str();
  app.add_option("--queues", options.queues, "queues, with a thread each")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--tls-cert", options.tls_cert, "PEM file: use TLS");
  app.add_option("--tls-key", options.tls_key, "PEM file");
  app.add_option("--tls-client-ca", options.tls_client_ca,
                 "PEM file: demand client certificates signed by it");
  if (const std::optional<int> ended = tools::ParseArguments(app, argc, argv)) {
    return *ended;
  }
  const Status status = Run(options);
  return status.ok() ? tools::kExitDone
                     : tools::ReportProblem(kProgram, status);
}

}  // namespace
}  // namespace pawl::bench

int main(int argc, char** argv) {
  return pawl::bench::Main(argc, argv);
}
