#include "tests/support/pg_proxy.h"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/status.h"

namespace pawl::testing {
namespace {

constexpr int kTickMillis = 50;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

const sockaddr* Generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int ConnectToServer() {
  const char* port = std::getenv("PGPORT");
  PAWL_CHECK(port != nullptr);
  const sockaddr_in address = Loopback(std::atoi(port));
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  PAWL_CHECK(::connect(server, Generic(address), sizeof(address)) == 0);
  return server;
}

// What there is to read; empty at the end.
std::string Read(int socket) {
  std::string data(1U << 20U, '\0');
  const ssize_t size = ::read(socket, data.data(), data.size());
  data.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return data;
}

bool Send(int socket, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    data.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

PgProxy::PgProxy() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  PAWL_CHECK(::bind(listener_, Generic(address), size) == 0);
  PAWL_CHECK(::listen(listener_, SOMAXCONN) == 0);
  PAWL_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address),
                           &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

PgProxy::~PgProxy() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& connection : connections_) {
    connection.join();
  }
  ::close(listener_);
}

std::string PgProxy::UrlPart() const {
  return "&host=127.0.0.1&sslmode=disable&port=" + std::to_string(port_);
}

void PgProxy::Accept() {
  while (!stopping_) {
    pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kTickMillis) == 1) {
      const int client = ::accept(listener_, nullptr, nullptr);
      connections_.emplace_back([this, client] { Forward(client); });
    }
  }
}

// libpq sends bind, describe, execute and sync in one piece.
PgProxy::Cut PgProxy::CutFor(std::string_view data) {
  const char message = message_;
  const bool is_it =
      data.starts_with(message) &&
      (message != 'Q' || data.find("COMMIT") != std::string_view::npos);
  return is_it ? cut_.exchange(Cut::kNever) : Cut::kNever;
}

void PgProxy::Forward(int client) {
  const int server = ConnectToServer();
  bool open = true;
  bool deaf = false;  // ends at the server's next words
  while (open && !stopping_) {
    pollfd sides[] = {{.fd = client, .events = POLLIN, .revents = 0},
                      {.fd = server, .events = POLLIN, .revents = 0}};
    ::poll(sides, std::size(sides), kTickMillis);
    if (sides[0].revents != 0) {
      const std::string data = Read(client);
      const Cut cut = CutFor(data);
      deaf = cut == Cut::kAfter;
      open = cut != Cut::kBefore && !data.empty() && Send(server, data);
    }
    if (sides[1].revents != 0) {
      const std::string data = Read(server);
      open = open && !deaf && !data.empty() && Send(client, data);
    }
  }
  ::close(client);
  ::close(server);
}

}  // namespace pawl::testing
