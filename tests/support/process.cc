#include "tests/support/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <sys/wait.h>

#include "base/status.h"

namespace pawl::testing {
namespace {

constexpr size_t kMaxInput = 4096;  // fits every pipe, so write() never waits

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    PAWL_CHECK(::pipe2(fds.data(), O_CLOEXEC) == 0);
    read = fds[0];
    write = fds[1];
  }
  int read = -1;
  int write = -1;
};

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t size = 0;
  while ((size = ::read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(size));
  }
  return text;
}

// The process id, or -1.
pid_t Spawn(const std::vector<std::string>& command, int input, int output) {
  std::vector<std::string> words = command;
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

}  // namespace

ProcessResult RunProgram(const std::vector<std::string>& command,
                         std::string_view input) {
  PAWL_CHECK(!command.empty() && input.size() <= kMaxInput);
  const Pipe in;
  const Pipe out;
  PAWL_CHECK(::write(in.write, input.data(), input.size()) ==
             static_cast<ssize_t>(input.size()));
  const pid_t pid = Spawn(command, in.read, out.write);
  for (const int fd : {in.read, in.write, out.write}) {
    ::close(fd);
  }
  ProcessResult result{.output = ReadAll(out.read)};
  ::close(out.read);
  int status = 0;
  if (pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
  }
  return result;
}

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty()) {
      lines.emplace_back(line);
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

}  // namespace pawl::testing
