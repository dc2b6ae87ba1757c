#include "tools/cli/terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/secret.h"

namespace pawl::tools {
namespace {

// The controlling terminal with echo off, for as long as this lives.
class SilentTerminal {
 public:
  SilentTerminal() : fd_(open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || tcgetattr(fd_, &before_) != 0) {
      return;
    }
    termios silent = before_;
    // Ctrl-C ends the line instead of the process, so that the echo can be
    // switched on again first. Other lines keep the kernel's editing.
    silent.c_cc[VEOL] = before_.c_cc[VINTR];
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_lflag |= static_cast<tcflag_t>(ICANON);
    ready_ = tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (ready_) {
      tcsetattr(fd_, TCSAFLUSH, &before_);
    }
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] char interrupt() const {
    return static_cast<char>(before_.c_cc[VINTR]);
  }

  // The terminal shows nothing else, so nothing can be done when this fails.
  void Show(std::string_view text) const {
    [[maybe_unused]] const ssize_t written =
        write(fd_, text.data(), text.size());
  }

  // One line with its end, at most 4 KiB: the kernel's own limit.
  [[nodiscard]] std::string ReadLine() const {
    std::array<uint8_t, 4096> buffer{};
    ssize_t size = -1;
    do {
      size = read(fd_, buffer.data(), buffer.size());
    } while (size < 0 && errno == EINTR);
    std::string line(
        AsText(buffer).substr(0, size < 0 ? 0 : static_cast<size_t>(size)));
    Wipe(buffer);
    return line;
  }

 private:
  int fd_;
  bool ready_ = false;
  termios before_{};
};

}  // namespace

std::optional<std::string> AskTerminal(std::string_view prompt) {
  bool interrupted = false;
  std::string line;
  {
    const SilentTerminal terminal;
    if (!terminal.ready()) {
      return std::nullopt;
    }
    terminal.Show(std::string(prompt) + ": ");
    line = terminal.ReadLine();
    terminal.Show("\n");
    interrupted = line.ends_with(terminal.interrupt());
  }
  if (interrupted) {
    Wipe(line);
    static_cast<void>(std::raise(SIGINT));
  }
  if (line.ends_with('\n')) {
    line.pop_back();
  }
  return line;
}

}  // namespace pawl::tools
