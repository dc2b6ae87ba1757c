// Target: the server under load, and the channel to it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "base/status.h"

namespace pawl::bench {

// How long an answer may take before its call fails.
inline constexpr std::chrono::seconds kDeadline{10};
// How long one look for answers lasts at most.
inline constexpr std::chrono::milliseconds kPatience{100};

struct TargetOptions {
  std::string server{};    // "unix:PATH" or "HOST:PORT"
  std::string key_file{};  // bearer key; empty: none is sent
  std::string tls_ca{};    // PEM; empty: no TLS
  std::string tls_cert{};  // PEM of the client: mutual TLS
  std::string tls_key{};
};

class Target {
 public:
  // Reads the files; connects to nothing yet.
  [[nodiscard]] static StatusOr<Target> Open(const TargetOptions& options);

  // A connection of its own.
  [[nodiscard]] std::shared_ptr<grpc::Channel> Connect() const;

  std::string authorization{};  // "Bearer KEY", or empty

 private:
  std::string server_;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
};

// "UNAVAILABLE: connection refused"
[[nodiscard]] std::string Describe(const grpc::Status& status);

}  // namespace pawl::bench
