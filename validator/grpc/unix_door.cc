#include "validator/grpc/unix_door.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/log.h"

namespace pawl::validator {
namespace {

constexpr int kBacklog = 64;
constexpr int kPauseMs = 100;

std::string ErrnoText() {
  return std::error_code(errno, std::generic_category()).message();
}

Status CannotListen(const std::filesystem::path& path) {
  return Unavailable("cannot listen on " + path.string() + ": " + ErrnoText());
}

// Fills a socket address; paths longer than it holds are refused.
StatusOr<sockaddr_un> AddressOf(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof(address.sun_path)) {
    return MakeStatus(StatusCode::kInvalidArgument,
                      "the path of the socket is longer than the " +
                          std::to_string(sizeof(address.sun_path) - 1) +
                          " bytes a socket address holds: " + text);
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

const sockaddr* Generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// True when somebody listens there: then the file must not be replaced.
bool IsAlive(const sockaddr_un& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool alive =
      fd >= 0 && connect(fd, Generic(address), sizeof(address)) == 0;
  close(fd);
  return alive;
}

// The uid the kernel vouches for, if it may administer this server.
bool MayAdminister(int fd) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  if (peer.uid == 0 || peer.uid == geteuid()) {
    return true;
  }
  Log(Severity::kWarning, "local_caller_refused").With("uid", peer.uid);
  return false;
}

}  // namespace

UnixDoor::UnixDoor(std::filesystem::path path, int listener, int wake)
    : path_(std::move(path)), listener_(listener), wake_(wake) {}

StatusOr<std::unique_ptr<UnixDoor>> UnixDoor::Open(
    const std::filesystem::path& path) {
  PAWL_ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  if (IsAlive(address)) {
    return FailedPrecondition("another server answers on " + path.string());
  }
  // What a killed server left is removed, but nothing else.
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
    return FailedPrecondition(path.string() + " is there and is no socket");
  }
  unlink(path.c_str());
  const int listener =
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int wake = eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<UnixDoor> door(new UnixDoor(path, listener, wake));
  if (listener < 0 || wake < 0) {
    return CannotListen(path);
  }
  // Whoever connects before the mode is set is still asked for its uid.
  if (bind(listener, Generic(address), sizeof(address)) != 0 ||
      chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 ||
      listen(listener, kBacklog) != 0) {
    return CannotListen(path);
  }
  return door;
}

UnixDoor::~UnixDoor() {
  Stop();
}

void UnixDoor::Serve(std::unique_ptr<Acceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_ = std::thread([this] { Run(); });
}

void UnixDoor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    PAWL_CHECK(write(wake_, &one, sizeof(one)) == sizeof(one));
    thread_.join();
  }
  if (listener_ >= 0) {
    unlink(path_.c_str());
  }
  for (int* fd : {&listener_, &wake_}) {
    if (*fd >= 0) {
      close(std::exchange(*fd, -1));
    }
  }
}

void UnixDoor::AcceptOne() {
  const int fd =
      accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    // Out of descriptors, most likely: the caller stays in the queue, and a
    // pause keeps this from spinning until there are some again.
    Log(Severity::kWarning, "local_accept_failed").With("error", ErrnoText());
    pollfd wake{.fd = wake_, .events = POLLIN, .revents = 0};
    poll(&wake, 1, kPauseMs);
    return;
  }
  if (!MayAdminister(fd)) {
    close(fd);
    return;
  }
  Acceptor::NewConnectionParameters connection;
  connection.listener_fd = listener_;
  connection.fd = fd;
  acceptor_->HandleNewConnection(&connection);
}

void UnixDoor::Run() {
  for (;;) {
    std::array<pollfd, 2> events{};
    events[0] = {.fd = listener_, .events = POLLIN, .revents = 0};
    events[1] = {.fd = wake_, .events = POLLIN, .revents = 0};
    if (poll(events.data(), events.size(), -1) < 0 && errno != EINTR) {
      Log(Severity::kError, "local_socket_failed").With("error", ErrnoText());
      return;
    }
    if (events[1].revents != 0) {
      return;
    }
    if (events[0].revents != 0) {
      AcceptOne();
    }
  }
}

}  // namespace pawl::validator
