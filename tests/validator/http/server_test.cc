#include "validator/http/server.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using pawl::testing::IsOk;
using pawl::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A connection of a client, blocking.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address),
                           sizeof(address)) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void Send(std::string_view text) const {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void EndSending() const { ::shutdown(socket_, SHUT_WR); }
  // What comes until `end`, or until the server closes.
  std::string ReadUntil(std::string_view end) const {
    std::string text;
    char c = 0;
    while (!text.ends_with(end) && ::recv(socket_, &c, 1, 0) == 1) {
      text += c;
    }
    return text;
  }
  std::string Ask(std::string_view path) const {
    Send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return ReadUntil("\n.");
  }

 private:
  int socket_;
  bool connected_ = false;
};

// Answers "PATH\n." at once; /wait when Release() was called, from a thread of
// its own.
class Handler {
 public:
  ~Handler() {
    Release();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  void Serve(const HttpRequest& request, Respond respond) {
    if (request.path != "/wait") {
      return respond({.type = "text/plain", .body = request.path + "\n."});
    }
    const std::lock_guard lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    threads_.emplace_back([this, &request, respond = std::move(respond)] {
      std::unique_lock wait(mutex_);
      changed_.wait(wait, [this] { return released_; });
      respond({.type = "text/plain", .body = request.path + "\n."});
    });
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  void AwaitWaiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ == count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool released_ = false;
  std::vector<std::thread> threads_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpServer::Options options = {}) {
    options.host = "127.0.0.1";
    StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(
        options, [this](const HttpRequest& request, Respond respond) {
          handler_.Serve(request, std::move(respond));
        });
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }

  Handler handler_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersMoreThanOneRequestOnAConnection) {
  Start();
  const Client client(server_->port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(client.Ask("/a"), HasSubstr("\r\n\r\n/a\n."));
  }
}

TEST_F(HttpServerTest, AnswersComeInTheOrderOfPipelinedRequests) {
  Start();
  const Client client(server_->port());
  client.Send(
      "GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  handler_.AwaitWaiting(1);
  handler_.Release();
  EXPECT_THAT(client.ReadUntil("\n."), HasSubstr("/wait\n."));
  EXPECT_THAT(client.ReadUntil("\n."), HasSubstr("/b\n."));
}

TEST_F(HttpServerTest, ManyConnectionsWaitAtOnce) {
  Start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<Client>(server_->port()));
    clients.back()->Send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  handler_.AwaitWaiting(50);
  EXPECT_THAT(Client(server_->port()).Ask("/a"), HasSubstr("/a\n."));
  handler_.Release();
  for (const auto& client : clients) {
    EXPECT_THAT(client->ReadUntil("\n."), HasSubstr("200 OK"));
  }
}

TEST_F(HttpServerTest, AHalfClosedConnectionGetsItsAnswer) {
  Start();
  const Client client(server_->port());
  client.Send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  client.EndSending();
  EXPECT_THAT(client.ReadUntil("\n."), HasSubstr("/a\n."));
  EXPECT_EQ(client.ReadUntil("\n."), "");
}

TEST_F(HttpServerTest, ASilentConnectionMakesRoom) {
  Start({.connections = 2});
  const Client first(server_->port());
  EXPECT_THAT(first.Ask("/a"), HasSubstr("200"));
  const Client second(server_->port());
  EXPECT_THAT(second.Ask("/a"), HasSubstr("200"));
  const Client third(server_->port());
  EXPECT_THAT(third.Ask("/a"), HasSubstr("200"));
  EXPECT_EQ(first.ReadUntil("\n."), "");  // closed
  EXPECT_THAT(second.Ask("/a"), HasSubstr("200"));
}

TEST_F(HttpServerTest, WhoTakesTooLongIsClosed) {
  Start({.head_timeout = Millis(200), .body_timeout = Millis(200)});
  const Client head(server_->port());
  head.Send("GET /a HT");
  const Client body(server_->port());
  body.Send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(head.ReadUntil("\n."), "");
  EXPECT_EQ(body.ReadUntil("\n."), "");
}

TEST_F(HttpServerTest, WhatIsNoRequestHearsWhy) {
  Start();
  struct Row {
    std::string text;
    const char* answer;
  };
  const Row rows[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n",
       "HTTP/1.1 431 "},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n",
       "HTTP/1.1 413 "},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
       "HTTP/1.1 400 "},
  };
  for (const Row& row : rows) {
    const Client client(server_->port());
    client.Send(row.text);
    EXPECT_THAT(client.ReadUntil("\n."), StartsWith(row.answer));
  }
}

TEST_F(HttpServerTest, StopWaitsForWhoIsBeingServed) {
  Start();
  const Client busy(server_->port());
  busy.Send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  handler_.AwaitWaiting(1);
  const Client idle(server_->port());
  EXPECT_THAT(idle.Ask("/a"), HasSubstr("200"));
  std::thread stop([this] { server_->Stop(std::chrono::seconds(20)); });
  EXPECT_EQ(idle.ReadUntil("\n."), "");  // closed at once
  handler_.Release();
  EXPECT_THAT(busy.ReadUntil("\n."), HasSubstr("/wait\n."));
  stop.join();
  EXPECT_FALSE(Client(server_->port()).connected());
}

TEST_F(HttpServerTest, PlaintextIsForThisHostAlone) {
  const auto start = [](const HttpServer::Options& options) {
    return HttpServer::Start(options, [](const HttpRequest&, Respond) {})
        .status();
  };
  EXPECT_THAT(start({.host = "0.0.0.0"}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(start({.host = "0.0.0.0", .plaintext_beyond_loopback = true}),
              IsOk());
  EXPECT_THAT(start({.host = "no.such.host.invalid",
                     .plaintext_beyond_loopback = true}),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(
      start({.host = "127.0.0.1",
             .tls = TlsMaterial{.certificate = "x", .private_key = "y"}}),
      StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace pawl::validator
