// pawl: administration and checks from the command line; see docs/cli.md.
#include <cstdlib>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/paths.h"
#include "base/status.h"
#include "tools/cli/arguments.h"
#include "tools/cli/report.h"
#include "tools/pawl/commands.h"
#include "tools/pawl/connection.h"

namespace pawl::tools {
namespace {

constexpr const char* kProgram = "pawl";

void AddConnectionOptions(CLI::App& app, ConnectionOptions& options) {
  app.add_option("--server", options.server,
                 "unix:PATH or HOST:PORT; the socket of this user's server by "
                 "default")
      ->envname("PAWL_SERVER");
  app.add_option("--key-file", options.key_file,
                 "the bearer key is the first line of this file")
      ->envname("PAWL_KEY_FILE");
  app.add_flag("--tls", options.tls, "use TLS; implied by the files below");
  app.add_option("--tls-ca", options.tls_ca,
                 "PEM file of the authorities to trust, the system's by "
                 "default");
  CLI::Option* cert = app.add_option("--tls-cert", options.tls_cert,
                                     "PEM file of the client certificate");
  CLI::Option* key = app.add_option("--tls-key", options.tls_key,
                                    "PEM file of the client's private key");
  cert->needs(key);
  key->needs(cert);
  app.add_option("--timeout", options.timeout_seconds, "seconds for each call")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
}

void AddCommands(CLI::App& app, Action& chosen) {
  AddAccountCommands(app, chosen);
  AddTokenCommands(app, chosen);
  AddDeviceCommands(app, chosen);
  AddClientCommands(app, chosen);
  AddCheckCommands(app, chosen);
  AddExplainCommand(app, chosen);
  AddStatusCommand(app, chosen);
  AddAuditCommands(app, chosen);
}

// Runs the command and returns the exit status.
int Run(const ConnectionOptions& options, bool json, const Action& chosen) {
  const StatusOr<Connection> connection = Connection::Open(options);
  if (!connection.ok()) {
    return ReportProblem(kProgram, connection.status());
  }
  const StatusOr<int> ended =
      chosen(Session{.connection = *connection, .json = json});
  if (!ended.ok()) {
    return ReportProblem(kProgram, ended.status());
  }
  const int flushed = FlushOutput(kProgram);
  return flushed == kExitDone ? *ended : flushed;
}

int Main(int argc, const char* const* argv) {
  // gRPC logs every broken connection; we report it once, as a problem.
  setenv("GRPC_VERBOSITY", "NONE", 0);  // NOLINT(concurrency-mt-unsafe)
  CLI::App app("Administration of a Pawl server.", kProgram);
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", PAWL_VERSION);
  ConnectionOptions options;
  options.server = "unix:" + SocketPath(DefaultDataDirectory()).native();
  AddConnectionOptions(app, options);
  bool json = false;
  app.add_flag("--json", json, "print one JSON document");
  Action chosen;
  AddCommands(app, chosen);
  if (const std::optional<int> ended = ParseArguments(app, argc, argv)) {
    return *ended;
  }
  return Run(options, json, chosen);
}

}  // namespace
}  // namespace pawl::tools

int main(int argc, char** argv) {
  return pawl::tools::Main(argc, argv);
}
