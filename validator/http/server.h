// HttpServer: the HTTP/1.1 listener.
//
// It reads requests, hands them to one handler and writes the answers; it
// knows nothing of what they mean. A waiting request holds no thread (ADR
// 0019). What strangers can make it hold is bounded (I8): connections, the
// size of a request, the time it may take to send one or to take its answer.
// When all connections are taken, the one that has been silent longest goes.
//
// Thread safety: Start() and Stop() from one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "base/tls_material.h"
#include "validator/http/message.h"

namespace pawl::validator {

class HttpServer {
 public:
  struct Options {
    std::string host{};
    int port = 0;                      // 0: any free one
    std::optional<TlsMaterial> tls{};  // none: plaintext
    bool plaintext_beyond_loopback = false;
    size_t connections = 4096;
    // From the first byte awaited to the end of the head; for a body; for an
    // answer that is not taken.
    Millis head_timeout = std::chrono::seconds(30);
    Millis body_timeout = std::chrono::seconds(10);
    Millis write_timeout = std::chrono::seconds(10);
  };
  static constexpr size_t kMaxHeadBytes = size_t{32} << 10U;
  static constexpr size_t kMaxBodyBytes = size_t{16} << 10U;

  // Binds and serves. UNAVAILABLE when the address cannot be bound;
  // INVALID_ARGUMENT for plaintext beyond loopback that was not asked for, and
  // for TLS material that is none.
  [[nodiscard]] static StatusOr<std::unique_ptr<HttpServer>> Start(
      const Options& options, HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port that was bound.
  [[nodiscard]] int port() const;

  // Takes no more requests, and waits for the answers to those it has; after
  // `grace` their connections are closed.
  void Stop(Millis grace);

 private:
  class Listener;
  explicit HttpServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace pawl::validator
