#include "base/paths.h"

#include <unistd.h>

#include <cstdlib>

namespace pawl {
namespace {

// The value of an environment variable, or "" when unset.
std::filesystem::path Environment(const char* name) {
  // Before threads start, as the header demands.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::filesystem::path() : value;
}

}  // namespace

std::filesystem::path DefaultDataDirectory() {
  if (std::filesystem::path given = Environment("PAWL_DATA_DIR");
      !given.empty()) {
    return given;
  }
  if (geteuid() == 0) {
    return "/var/lib/pawl";
  }
  if (std::filesystem::path state = Environment("XDG_STATE_HOME");
      !state.empty()) {
    return state / "pawl";
  }
  return Environment("HOME") / ".local/state/pawl";
}

std::filesystem::path SocketPath(const std::filesystem::path& data_directory) {
  return data_directory / "pawld.sock";
}

}  // namespace pawl
