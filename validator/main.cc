// pawld: flags and configuration, start, wait for a signal, stop.
//
// Exit codes: 0 stopped by a signal, 1 could not start, 2 wrong configuration.
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/file.h"
#include "validator/options.h"
#include "validator/wiring.h"

namespace {

using pawl::validator::App;
using pawl::validator::ConfigResult;
using pawl::validator::ConfigSources;
using pawl::validator::Options;

constexpr int kCannotStart = 1;
constexpr int kWrongConfig = 2;

// No core dump and no ptrace by others: memory holds keys (I5).
void HideMemory() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Every connection is a descriptor: take as many as we may have.
void RaiseFileLimit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

void Complain(const std::string& text) {
  std::fprintf(stderr, "pawld: %s\n", text.c_str());
}

// The settings of all sources; false when the file cannot be read.
bool Collect(const Options& options, ConfigSources& sources) {
  sources.flags = options.flags;
  sources.environment = pawl::validator::ReadEnvironment();
  sources.toml_name = options.config_file;
  if (options.config_file.empty()) {
    return true;
  }
  pawl::StatusOr<std::string> text = pawl::ReadTextFile(options.config_file);
  if (!text.ok()) {
    Complain(pawl::MessageOf(text.status()));
    return false;
  }
  sources.toml = *std::move(text);
  return true;
}

int Run(const pawl::validator::Config& config, const sigset_t& signals) {
  pawl::StatusOr<std::unique_ptr<App>> app = App::Start(config);
  if (!app.ok()) {
    Complain(pawl::MessageOf(app.status()));
    return kCannotStart;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  (*app)->Stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  HideMemory();
  RaiseFileLimit();
  // Blocked before any thread starts, so that all inherit it and only
  // sigwait() sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A closed connection and a full disk are errors, not reasons to die.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);

  const pawl::validator::ParsedOptions parsed =
      pawl::validator::ParseOptions(argc, argv);
  if (!parsed.options.has_value()) {
    return parsed.exit_code;
  }
  ConfigSources sources;
  if (!Collect(*parsed.options, sources)) {
    return kWrongConfig;
  }
  const ConfigResult result = pawl::validator::LoadConfig(sources);
  for (const std::string& problem : result.problems) {
    Complain(problem);
  }
  if (!result.problems.empty()) {
    return kWrongConfig;
  }
  if (parsed.options->check_config) {
    std::puts("the configuration is good");
    return 0;
  }
  return Run(result.config, signals);
}
