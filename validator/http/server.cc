#include "validator/http/server.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/resource.h>

#include "base/address.h"
#include "base/log.h"
#include "validator/http/connection.h"
#include "validator/http/roster.h"

namespace pawl::validator {
namespace {

namespace asio = boost::asio;
using internal::Error;
using internal::HttpConnection;
using internal::PlainStream;
using internal::Tcp;
using internal::TlsStream;

// IPv4 as such, also where it came in as IPv6, and without the name of a link:
// one peer has one address.
asio::ip::address Plain(const asio::ip::address& address) {
  if (!address.is_v6()) {
    return address;
  }
  asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, v6);
  }
  v6.scope_id(0);
  return v6;
}

// As many as wanted, but half of the descriptors stay for all else.
size_t ConnectionsOf(size_t wanted) {
  rlimit files{};
  return getrlimit(RLIMIT_NOFILE, &files) == 0
             ? std::min<size_t>(wanted, files.rlim_cur / 2)
             : wanted;
}

}  // namespace

class HttpServer::Listener {
 public:
  Listener(const Options& options, HttpHandler handler)
      : options_(options),
        handler_(std::move(handler)),
        roster_(ConnectionsOf(options.connections)),
        acceptor_(loop_) {}

  ~Listener() { Stop(Millis{0}); }

  Status Open() {
    if (!options_.tls.has_value() && !IsLoopback(options_.host) &&
        !options_.plaintext_beyond_loopback) {
      return InvalidField("http.listen",
                          "beyond loopback needs TLS, or http.plaintext = "
                          "\"anywhere\"");
    }
    if (options_.tls.has_value()) {
      PAWL_RETURN_IF_ERROR(LoadTls(*options_.tls));
      options_.tls.reset();  // OpenSSL has it now
    }
    return Bind();
  }

  void Run() {
    Accept();
    thread_ = std::thread([this] { Loop(); });
    pthread_setname_np(thread_.native_handle(), "http");
  }

  void Stop(Millis grace) {
    if (!thread_.joinable()) {
      return;
    }
    asio::post(loop_, [this] {
      Error ignored;
      acceptor_.close(ignored);
    });
    roster_.Stop(grace);
    loop_.stop();
    thread_.join();
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  Status LoadTls(const TlsMaterial& material) {
    tls_.emplace(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
    Error error;
    tls_->use_certificate_chain(asio::buffer(material.certificate), error);
    if (!error) {
      tls_->use_private_key(asio::buffer(material.private_key),
                            asio::ssl::context::pem, error);
    }
    if (!error && !material.client_ca.empty()) {
      tls_->add_certificate_authority(asio::buffer(material.client_ca), error);
      SSL_CTX_set_session_cache_mode(tls_->native_handle(), SSL_SESS_CACHE_OFF);
      SSL_CTX_set_options(tls_->native_handle(), SSL_OP_NO_TICKET);
      tls_->set_verify_mode(asio::ssl::verify_peer |
                            asio::ssl::verify_fail_if_no_peer_cert);
    }
    return error ? InvalidField("tls_cert", "and tls_key do not go together: " +
                                                error.message())
                 : OkStatus();
  }

  Status Bind() {
    Error error;
    Tcp::resolver resolver(loop_);
    std::string host = options_.host;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    const auto found =
        resolver.resolve(host, std::to_string(options_.port), error);
    if (error) {
      return Unavailable("http.listen: " + options_.host + ": " +
                         error.message());
    }
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      return Unavailable("cannot listen on " + options_.host + ":" +
                         std::to_string(options_.port) +
                         " for HTTP: " + error.message());
    }
    port_ = acceptor_.local_endpoint().port();
    return OkStatus();
  }

  // What a connection throws (there is no memory for it) ends that connection.
  void Loop() {
    for (bool running = true; running;) {
      try {
        loop_.run();
        running = false;
      } catch (const std::exception& thrown) {
        Log(Severity::kError, "http_connection_failed")
            .With("error", thrown.what());
      }
    }
  }

  void Accept() {
    acceptor_.async_accept([this](const Error& error, Tcp::socket socket) {
      if (!acceptor_.is_open()) {
        return;
      }
      if (error) {
        return AcceptLater(error);
      }
      Accept();  // first, because Welcome() may throw
      Welcome(std::move(socket));
    });
  }

  // Out of descriptors, most likely: trying again at once would only spin.
  void AcceptLater(const Error& error) {
    constexpr Millis kPause{100};
    Log(Severity::kWarning, "http_accept_failed")
        .With("error", error.message());
    pause_.expires_after(kPause);
    pause_.async_wait([this](const Error& stopped) {
      if (!stopped) {
        Accept();
      }
    });
  }

  void Welcome(Tcp::socket socket) {
    Error error;
    const Tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) {
      return;  // gone already
    }
    socket.set_option(Tcp::no_delay(true), error);
    if (tls_.has_value()) {
      Begin<TlsStream>(TlsStream(std::move(socket), *tls_), peer);
    } else {
      Begin<PlainStream>(PlainStream(std::move(socket)), peer);
    }
  }

  template <typename Stream>
  void Begin(Stream stream, const Tcp::endpoint& peer) {
    auto connection = std::make_shared<HttpConnection<Stream>>(
        std::move(stream),
        typename HttpConnection<Stream>::Parts{
            .options = &options_, .handler = &handler_, .roster = &roster_});
    const asio::ip::address address = Plain(peer.address());
    if (roster_.Enter(connection)) {
      connection->Start(address.to_string(), address.is_loopback());
    }
  }

  Options options_;
  HttpHandler handler_;
  Roster roster_;
  asio::io_context loop_{1};
  // The loop goes on while it stops: answers are still to come.
  asio::executor_work_guard<asio::io_context::executor_type> work_{
      loop_.get_executor()};
  std::optional<asio::ssl::context> tls_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_{loop_};
  int port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Listener> listener)
    : listener_(std::move(listener)) {}

HttpServer::~HttpServer() = default;

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const Options& options,
                                                        HttpHandler handler) {
  auto listener = std::make_unique<Listener>(options, std::move(handler));
  PAWL_RETURN_IF_ERROR(listener->Open());
  listener->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

int HttpServer::port() const {
  return listener_->port();
}

void HttpServer::Stop(Millis grace) {
  listener_->Stop(grace);
}

}  // namespace pawl::validator
