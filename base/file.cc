#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/file.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/key_access.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kGroupAndOthers = S_IRWXG | S_IRWXO;

// "open /x: No such file or directory", with the code that errno stands for.
Status ErrnoStatus(std::string_view action, const fs::path& path) {
  const int error = errno;
  std::string message(action);
  message += ' ';
  message += path.native();
  message += ": ";
  message += std::generic_category().message(error);
  return MakeStatus(absl::ErrnoToStatusCode(error), message);
}

Status Refused(const fs::path& path, std::string_view why) {
  std::string message = path.native();
  message += ' ';
  message += why;
  return FailedPrecondition(message);
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd& operator=(Fd&&) = delete;

  [[nodiscard]] bool IsOpen() const { return fd_ >= 0; }
  [[nodiscard]] int Get() const { return fd_; }
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Calls again what a signal has interrupted.
template <typename Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

fs::path ParentOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Makes changes of names in a directory survive a crash.
Status SyncDirectory(const fs::path& path) {
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.IsOpen() || ::fsync(directory.Get()) != 0) {
    return ErrnoStatus("sync", path);
  }
  return OkStatus();
}

// Makes `path` and what is missing above it.
Status MakeDirectories(const fs::path& path) {
  fs::path prefix;
  for (const fs::path& part : path) {
    prefix /= part;
    if (::mkdir(prefix.c_str(), S_IRWXU) == 0) {
      PAWL_RETURN_IF_ERROR(SyncDirectory(ParentOf(prefix)));
    } else if (errno != EEXIST) {
      return ErrnoStatus("create", prefix);
    }
  }
  return OkStatus();
}

Status WriteAll(int fd, std::string_view contents, const fs::path& path) {
  while (!contents.empty()) {
    const ssize_t written =
        Retry([&] { return ::write(fd, contents.data(), contents.size()); });
    if (written < 0) {
      return ErrnoStatus("write", path);
    }
    contents.remove_prefix(static_cast<size_t>(written));
  }
  return OkStatus();
}

// Reads until the end or until `buffer` is full; -1 and errno on failure.
ssize_t ReadUpTo(int fd, std::span<uint8_t> buffer) {
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = Retry(
        [&] { return ::read(fd, buffer.data() + size, buffer.size() - size); });
    if (got < 0) {
      return -1;
    }
    if (got == 0) {
      break;
    }
    size += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(size);
}

// Who holds the lock, from what the holder wrote into the file.
std::string HolderOf(int fd) {
  std::array<uint8_t, 32> buffer{};
  const ssize_t size = ReadUpTo(fd, buffer);
  const std::string_view text = AsText(buffer).substr(
      0, size < 0 ? size_t{0} : static_cast<size_t>(size));
  const std::string_view digits =
      text.substr(0, text.find_first_not_of("0123456789"));
  return digits.empty() ? "another process" : "process " + std::string(digits);
}

// Overwrites first and cuts afterwards: a reader never sees an empty file.
Status WriteHolder(int fd, const fs::path& path) {
  const std::string text = std::to_string(::getpid()) + "\n";
  PAWL_RETURN_IF_ERROR(WriteAll(fd, text, path));
  if (::ftruncate(fd, static_cast<off_t>(text.size())) != 0) {
    return ErrnoStatus("write", path);
  }
  return OkStatus();
}

// Opens a regular file that, when `is_private`, is its owner's alone.
StatusOr<Fd> OpenRegular(const fs::path& path, bool is_private) {
  // Not blocking: what should be a file may be a pipe.
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file.IsOpen() || ::fstat(file.Get(), &info) != 0) {
    return ErrnoStatus("open", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return Refused(path, "is not a regular file");
  }
  if (is_private && (info.st_mode & kGroupAndOthers) != 0) {
    return Refused(path, "must not be open to group or others (chmod 600)");
  }
  return file;
}

StatusOr<SecretBytes> Read(const fs::path& path, bool is_private, size_t most) {
  PAWL_ASSIGN_OR_RETURN(const Fd file, OpenRegular(path, is_private));
  std::vector<uint8_t> buffer(most + 1);
  const ssize_t size = ReadUpTo(file.Get(), buffer);
  if (size < 0) {
    return ErrnoStatus("read", path);
  }
  const std::span<uint8_t> contents =
      std::span<uint8_t>(buffer).first(static_cast<size_t>(size));
  SecretBytes secret(contents);
  Wipe(contents);
  if (secret.size() > most) {
    return Refused(path,
                   "is longer than " + std::to_string(most / 1024) + " KiB");
  }
  return secret;
}

// Writes beside `path`, then gives it the name in one step.
Status WriteWhole(const fs::path& path, std::string_view contents,
                  unsigned rename_flags) {
  std::string temporary = path.native() + ".XXXXXX";
  const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!file.IsOpen()) {
    return ErrnoStatus("create", path);
  }
  Status status = WriteAll(file.Get(), contents, path);
  if (status.ok() && ::fsync(file.Get()) != 0) {
    status = ErrnoStatus("sync", path);
  }
  if (status.ok() && ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD,
                                 path.c_str(), rename_flags) != 0) {
    status = ErrnoStatus("create", path);
  }
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(ParentOf(path));
}

}  // namespace

Status EnsurePrivateDirectory(const fs::path& path) {
  PAWL_RETURN_IF_ERROR(MakeDirectories(path));
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return ErrnoStatus("open", path);
  }
  if (!S_ISDIR(info.st_mode)) {
    return Refused(path, "is not a directory");
  }
  if ((info.st_mode & kGroupAndOthers) != 0) {
    return Refused(path, "must not be open to group or others (chmod 700)");
  }
  return OkStatus();
}

StatusOr<SecretBytes> ReadPrivateFile(const fs::path& path, size_t most) {
  return Read(path, /*is_private=*/true, most);
}

StatusOr<std::string> ReadTextFile(const fs::path& path) {
  PAWL_ASSIGN_OR_RETURN(const SecretBytes contents,
                        Read(path, /*is_private=*/false, kSmallFile));
  return std::string(AsText(contents.Reveal(GrantKeyAccess())));
}

Status CreatePrivateFile(const fs::path& path, std::string_view contents) {
  return WriteWhole(path, contents, RENAME_NOREPLACE);
}

Status ReplacePrivateFile(const fs::path& path, std::string_view contents) {
  return WriteWhole(path, contents, /*rename_flags=*/0);
}

StatusOr<FileLock> FileLock::Acquire(const fs::path& path) {
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                 S_IRUSR | S_IWUSR));
  if (!file.IsOpen()) {
    return ErrnoStatus("open", path);
  }
  if (::flock(file.Get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return ErrnoStatus("lock", path);
    }
    return Refused(path, "is locked by " + HolderOf(file.Get()));
  }
  PAWL_RETURN_IF_ERROR(WriteHolder(file.Get(), path));
  return FileLock(file.Release());
}

FileLock::~FileLock() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  FileLock taken(std::move(other));
  std::swap(fd_, taken.fd_);  // `taken` releases the lock held so far
  return *this;
}

}  // namespace pawl
