// HttpConnection: one connection of the HTTP listener: read a request, have it
// answered, write the answer, again.
//
// Only validator/http/server.cc includes it: it brings Boost with it.
//
// Thread safety: driven by the thread of its loop; answers and Close() may come
// from any thread.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "base/secret.h"
#include "base/text.h"
#include "validator/http/message.h"
#include "validator/http/roster.h"
#include "validator/http/server.h"

namespace pawl::validator {
namespace internal {

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
inline std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  const size_t size =
      std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

inline bool HasLineEnd(std::string_view value) {
  constexpr std::string_view kEnds("\r\n\0", 3);
  return value.find_first_of(kEnds) != std::string_view::npos;
}

// What is wrong with what was sent; none: the connection just ended.
inline std::optional<http::status> Complaint(const Error& error) {
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

// It lives as long as something of it is under way.
template <typename Stream>
class HttpConnection final : public Connection {
 public:
  struct Parts {
    const HttpServer::Options* options;
    const HttpHandler* handler;
    Roster* roster;
  };
  HttpConnection(Stream stream, const Parts& parts)
      : place_{parts.roster, this},
        stream_(std::move(stream)),
        parts_(parts),
        buffer_(kMaxBufferBytes) {}

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
    if (!HasPlainLength()) {
      return Refuse(http::error::bad_transfer_encoding);
    }
    Expire(parts_.options->body_timeout);
    const auto& head = parser_->get();
    const auto expected = head.find(http::field::expect);
    if (head.version() < 11 || expected == head.end()) {
      return ReadBody();
    }
    if (head.count(http::field::expect) > 1 ||
        !beast::iequals(expected->value(), "100-continue")) {
      return Refuse(http::status::expectation_failed);
    }
    // It waits for this before it sends the body (RFC 9110, 10.1.1).
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kGoOn.data(), kGoOn.size()),
                      [self = Self()](const Error& failure, size_t) {
                        failure ? self->Refuse(failure) : self->ReadBody();
                      });
  }

  void ReadBody() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = Self()](const Error& failure, size_t) {
                       self->OnRequest(failure);
                     });
  }

  // A body ends where everybody thinks it ends: a Transfer-Encoding is
  // "chunked", or there is none.
  [[nodiscard]] bool HasPlainLength() const {
    const auto& head = parser_->get();
    const auto found = head.find(http::field::transfer_encoding);
    return found == head.end() ||
           (head.version() == 11 && beast::iequals(found->value(), "chunked"));
  }

  void OnRequest(const Error& error) {
    if (error) {
      return Refuse(error);
    }
    if (!parts_.roster->EndWait(*this)) {
      return;  // it had to make room: nobody would hear the answer
    }
    beast::get_lowest_layer(stream_).expires_never();
    TakeRequest();
    (*parts_.handler)(request_, [self = Self()](HttpResponse response) {
      asio::post(self->stream_.get_executor(),
                 [self, response = std::move(response)]() mutable {
                   self->WipeRequest();
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
    parser_.reset();
    if (buffer_.size() == 0) {
      buffer_ = Buffer(kMaxBufferBytes);
    }
  }

  // It may have held a password or key.
  void WipeRequest() {
    Wipe(request_.body);
    for (HttpHeader& header : request_.headers) {
      Wipe(header.value);
    }
    request_.headers.clear();
  }

  // Tells what is wrong with the request, as far as one can; then ends.
  void Refuse(const Error& error) {
    const std::optional<http::status> complaint = Complaint(error);
    complaint.has_value() ? Refuse(*complaint) : End();
  }

  void Refuse(http::status complaint) {
    keep_alive_ = false;
    request_.method.clear();
    const auto reason = http::obsolete_reason(complaint);
    Write(PlainText(static_cast<unsigned>(complaint),
                    {reason.data(), reason.size()}));
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
      // Whatever the doors do: nothing ends a line.
      if (!HasLineEnd(header.value)) {
        response_.insert(header.name, header.value);
      }
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
    Wipe(response_.body());
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
    if (!error && parts_.roster->BeginWait(*this)) {
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

  // Given back last: until then the loop that the stream belongs to stays.
  struct Place {
    Roster* roster;
    const Connection* connection;
    ~Place() { roster->Leave(*connection); }
  };
  Place place_;
  Stream stream_;
  const Parts parts_;
  // Both may hold a password or key.
  using Buffer = beast::basic_flat_buffer<WipingAllocator<char>>;
  using Parser = http::request_parser<http::string_body, WipingAllocator<char>>;
  Buffer buffer_;
  std::optional<Parser> parser_;
  HttpRequest request_;
  http::response<http::string_body> response_;
  bool keep_alive_ = false;
  unsigned version_ = 11;
  std::array<char, 4096> discarded_{};
};

}  // namespace internal
}  // namespace pawl::validator
