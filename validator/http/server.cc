#include "validator/http/server.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "base/address.h"
#include "base/log.h"
#include "base/text.h"
#include "validator/http/roster.h"

namespace pawl::validator {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Error = beast::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr Millis kLinger = std::chrono::seconds(1);
constexpr size_t kMaxBufferBytes =
    HttpServer::kMaxHeadBytes + HttpServer::kMaxBodyBytes;

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  const size_t size =
      std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

// What is wrong with what was sent; none: the connection just ended.
std::optional<http::status> Complaint(const Error& error) {
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    return http::status::request_header_fields_too_large;
  }
  if (error == http::error::body_limit) {
    return http::status::payload_too_large;
  }
  if (error == http::error::end_of_stream ||
      error.category() !=
          http::make_error_code(http::error::end_of_stream).category()) {
    return std::nullopt;
  }
  return error == http::error::partial_message
             ? std::nullopt
             : std::optional(http::status::bad_request);
}

}  // namespace

// One connection: read a request, have it answered, write the answer, again.
// It lives as long as something of it is under way. Driven by its loop's
// thread; only answers and Close() come from others.
template <typename Stream>
class HttpConnection final : public Connection {
 public:
  struct Parts {
    const HttpServer::Options* options;
    const HttpHandler* handler;
    Roster* roster;
  };
  HttpConnection(Stream stream, const Parts& parts)
      : stream_(std::move(stream)), parts_(parts), buffer_(kMaxBufferBytes) {}
  ~HttpConnection() override { parts_.roster->Leave(*this); }

  void Start(std::string peer, bool from_loopback) {
    request_.peer = std::move(peer);
    request_.from_loopback = from_loopback;
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      if (!parts_.roster->BeginWait(*this)) {
        return;
      }
      Expire(parts_.options->body_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = Self()](const Error& error) {
                                self->parts_.roster->EndWait(*self);
                                if (!error) {
                                  self->Read();
                                }
                              });
    } else {
      Read();
    }
  }

  void Close() override {
    asio::post(stream_.get_executor(), [self = Self()] {
      beast::get_lowest_layer(self->stream_).close();
    });
  }

 private:
  std::shared_ptr<HttpConnection> Self() {
    return std::static_pointer_cast<HttpConnection>(shared_from_this());
  }

  void Expire(Millis after) {
    beast::get_lowest_layer(stream_).expires_after(after);
  }

  void Read() {
    parser_.emplace();
    parser_->header_limit(HttpServer::kMaxHeadBytes);
    parser_->body_limit(HttpServer::kMaxBodyBytes);
    if (!parts_.roster->BeginWait(*this)) {
      return End();
    }
    // For the whole head: who sends a byte now and then gets no more time.
    Expire(parts_.options->head_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = Self()](const Error& error, size_t) { self->OnHead(error); });
  }

  void OnHead(const Error& error) {
    if (error) {
      return Refuse(error);
    }
    Expire(parts_.options->body_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = Self()](const Error& failure, size_t) {
                       self->OnRequest(failure);
                     });
  }

  void OnRequest(const Error& error) {
    parts_.roster->EndWait(*this);
    if (error) {
      return Refuse(error);
    }
    beast::get_lowest_layer(stream_).expires_never();
    TakeRequest();
    (*parts_.handler)(request_, [self = Self()](HttpResponse response) {
      asio::post(self->stream_.get_executor(),
                 [self, response = std::move(response)]() mutable {
                   self->Write(std::move(response));
                 });
    });
  }

  void TakeRequest() {
    auto& message = parser_->get();
    const auto target =
        std::string_view(message.target().data(), message.target().size());
    const size_t question = std::min(target.find('?'), target.size());
    request_.method = std::string(message.method_string());
    request_.path = target.substr(0, question);
    request_.query = target.substr(std::min(question + 1, target.size()));
    request_.headers.clear();
    for (const auto& field : message) {
      request_.headers.push_back(
          {.name = AsciiLower(
               {field.name_string().data(), field.name_string().size()}),
           .value = std::string(field.value())});
    }
    request_.body = std::move(message.body());
    keep_alive_ = message.keep_alive();
    version_ = message.version();
  }

  // Tells what is wrong with the request, as far as one can; then ends.
  void Refuse(const Error& error) {
    const std::optional<http::status> complaint = Complaint(error);
    if (!complaint.has_value()) {
      return End();
    }
    keep_alive_ = false;
    Write({.status = static_cast<unsigned>(*complaint),
           .type = "text/plain",
           .body = std::string(http::obsolete_reason(*complaint)) + "\n"});
  }

  void Write(HttpResponse response) {
    response_ = {};
    response_.version(version_);
    response_.result(response.status);
    response_.set(http::field::date, HttpDate());
    // An answer holds for its one question.
    response_.set(http::field::cache_control, "no-store");
    if (!response.type.empty()) {
      response_.set(http::field::content_type, response.type);
    }
    for (const HttpHeader& header : response.headers) {
      response_.insert(header.name, header.value);
    }
    if (request_.method != "HEAD") {
      response_.body() = std::move(response.body);
    }
    response_.keep_alive(keep_alive_);
    response_.prepare_payload();
    Expire(parts_.options->write_timeout);
    http::async_write(stream_, response_,
                      [self = Self()](const Error& error, size_t) {
                        self->OnWritten(error);
                      });
  }

  void OnWritten(const Error& error) {
    if (error || !keep_alive_) {
      return End();
    }
    Read();
  }

  // Closing with bytes unread would reset the connection, and the peer might
  // lose the answer: reads on for a moment, into nowhere.
  void End() {
    Error error;
    beast::get_lowest_layer(stream_).socket().shutdown(
        Tcp::socket::shutdown_send, error);
    if (!error) {
      Expire(kLinger);
      Discard();
    }
  }

  void Discard() {
    beast::get_lowest_layer(stream_).async_read_some(
        asio::buffer(discarded_), [self = Self()](const Error& error, size_t) {
          if (!error) {
            self->Discard();
          }
        });
  }

  Stream stream_;
  const Parts parts_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpRequest request_;
  http::response<http::string_body> response_;
  bool keep_alive_ = false;
  unsigned version_ = 11;
  std::array<char, 4096> discarded_{};
};

class HttpServer::Listener {
 public:
  Listener(const Options& options, HttpHandler handler)
      : options_(options),
        handler_(std::move(handler)),
        roster_(options.connections),
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
    thread_ = std::thread([this] { loop_.run(); });
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

  void Accept() {
    acceptor_.async_accept([this](const Error& error, Tcp::socket socket) {
      if (!acceptor_.is_open()) {
        return;
      }
      if (error) {
        return AcceptLater(error);
      }
      Welcome(std::move(socket));
      Accept();
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
    if (roster_.Enter(connection)) {
      connection->Start(peer.address().to_string(),
                        peer.address().is_loopback());
    }
  }

  Options options_;
  HttpHandler handler_;
  Roster roster_;
  asio::io_context loop_{1};
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
