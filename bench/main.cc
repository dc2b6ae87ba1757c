// pawl-bench: fills a server with people, loads it with real codes, checks
// every verdict, and says how fast that was.
#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load.h"
#include "bench/recovery.h"
#include "bench/run_report.h"
#include "bench/seed.h"
#include "tools/cli/arguments.h"
#include "tools/cli/report.h"

namespace pawl::bench {
namespace {

constexpr const char* kProgram = "pawl-bench";
constexpr uint32_t kMaxTokens = 9'999'999;  // seven digits in a login
constexpr uint32_t kMaxOutstanding = 4096;

using Action = std::function<Status()>;

struct LoadArgs {
  LoadOptions options{};
  std::vector<std::string> kinds{};
  std::string json{};
  int kill = 0;
};

Status ReadKinds(LoadArgs& args) {
  static const std::vector<std::string> kNames = {"yubico", "hotp", "totp",
                                                  "motp"};
  for (const std::string& kind : args.kinds) {
    const auto found = std::find(kNames.begin(), kNames.end(), kind);
    if (found == kNames.end()) {
      return tools::BadInput("--kinds", "must be yubico, hotp, totp or motp");
    }
    args.options.kinds.set(static_cast<size_t>(found - kNames.begin()));
  }
  if (args.kinds.empty() && args.options.otp) {
    args.options.kinds = KindSet(0b0011);
  } else if (args.kinds.empty()) {
    args.options.kinds.set();
  }
  return OkStatus();
}

Status Load(LoadArgs& args) {
  PAWL_RETURN_IF_ERROR(ReadKinds(args));
  PAWL_ASSIGN_OR_RETURN(const Report report, RunLoad(args.options));
  std::cout << ToTable(report);
  return args.json.empty() ? OkStatus() : AppendJson(report, args.json);
}

Status Recover(LoadArgs& args) {
  PAWL_RETURN_IF_ERROR(ReadKinds(args));
  PAWL_ASSIGN_OR_RETURN(const RecoveryReport report,
                        RunRecovery(args.options, args.kill));
  std::cout << "{\"down_ms\": " << report.down.count()
            << ", \"accepted_before\": " << report.accepted_before
            << ", \"presented_again\": " << report.presented_again
            << ", \"accepted_again\": 0}\n";
  return OkStatus();
}

void AddPopulation(CLI::App& command, std::string& seed, uint32_t& tokens) {
  command.add_option("--seed", seed, "what all secrets follow from")
      ->required();
  command.add_option("--tokens", tokens, "how many people with a token")
      ->required()
      ->check(CLI::Range(uint32_t{8}, kMaxTokens));
}

void AddTarget(CLI::App& command, LoadOptions& options) {
  TargetOptions& target = options.target;
  command.add_option("--server", target.server, "unix:PATH or HOST:PORT")
      ->required();
  command.add_option("--key-file", target.key_file, "the bearer key to send");
  command.add_option("--tls-ca", target.tls_ca,
                     "PEM of the authority: use TLS");
  command.add_option("--tls-cert", target.tls_cert, "PEM: mutual TLS");
  command.add_option("--tls-key", target.tls_key, "PEM: mutual TLS");
}

// What a measured run and a recovery have in common.
void AddCommon(CLI::App& command, LoadArgs& args) {
  LoadOptions& options = args.options;
  AddTarget(command, options);
  AddPopulation(command, options.seed, options.tokens);
  command
      .add_option("--state", options.state,
                  "file that knows which codes this server has seen; made when "
                  "missing, one for each store")
      ->required();
  command.add_option("--kinds", args.kinds, "only these kinds of tokens")
      ->delimiter(',');
  command.add_option("--outstanding", options.outstanding, "questions at once")
      ->check(CLI::Range(uint32_t{1}, kMaxOutstanding))
      ->capture_default_str();
  command.add_option("--seconds", options.seconds, "how long to measure")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--prepare", options.prepare,
                  "codes made ahead; a longer run makes the others as it goes")
      ->capture_default_str();
}

void AddLoad(CLI::App& app, Action& chosen) {
  CLI::App& command =
      *app.add_subcommand("load", "measure; fails on a wrong verdict");
  const auto args = std::make_shared<LoadArgs>();
  LoadOptions& options = args->options;
  AddCommon(command, *args);
  command.add_flag("--stream", options.stream, "on one stream per connection");
  command.add_flag("--otp", options.otp, "ValidateOtp instead of CheckLogin");
  command.add_flag("--devices", options.devices,
                   "device passwords at a sync service instead of codes");
  command.add_flag("--attempt-ids", options.attempt_ids,
                   "send an attempt_id; streams always do");
  command.add_option("--rate", options.rate,
                     "open loop: questions for each second");
  command
      .add_option("--replays", options.replay_percent,
                  "percent of codes presented again at once")
      ->check(CLI::Range(uint32_t{0}, uint32_t{100}));
  command.add_option("--warm-up", options.warm_up, "seconds before measuring")
      ->capture_default_str();
  command
      .add_option("--cpu-of", options.cpu_of,
                  "process ids of the server, or name:COMMAND")
      ->delimiter(',');
  command.add_option("--engine", options.engine, "a name for the report")
      ->capture_default_str();
  command.add_option("--json", args->json, "add a line to this file");
  command.callback(
      [&chosen, args] { chosen = [args] { return Load(*args); }; });
}

void AddRecover(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand(
      "recover", "kill the server at full load and wait until it is back");
  const auto args = std::make_shared<LoadArgs>();
  AddCommon(command, *args);
  command.add_option("--kill", args->kill, "process id of the server")
      ->required();
  command.callback(
      [&chosen, args] { chosen = [args] { return Recover(*args); }; });
}

void AddSeed(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand("seed", "fill an empty server");
  const auto options = std::make_shared<SeedOptions>();
  AddPopulation(command, options->seed, options->tokens);
  CLI::Option* store =
      command.add_option("--store", options->store, "URL of the store");
  command.add_option("--master-key", options->master_key, "its key file")
      ->needs(store);
  CLI::Option* server = command.add_option("--server", options->server,
                                           "unix:PATH of a running server");
  server->excludes(store);
  command
      .add_flag("--crowd", options->crowd,
                "one account for every 500 devices and 50 tokens")
      ->excludes(server);
  command.add_option("--key-out", options->key_out, "new file for the key")
      ->required();
  command.callback([&chosen, options] {
    chosen = [options] {
      return options->server.empty() ? SeedStore(*options)
                                     : SeedServer(*options);
    };
  });
}

int Main(int argc, const char* const* argv) {
  CLI::App app("Load with real codes.", kProgram);
  app.require_subcommand(1);
  Action chosen;
  AddLoad(app, chosen);
  AddRecover(app, chosen);
  AddSeed(app, chosen);
  if (const std::optional<int> ended = tools::ParseArguments(app, argc, argv)) {
    return *ended;
  }
  const Status status = chosen();
  if (status.ok()) {
    return tools::FlushOutput(kProgram);
  }
  const int code = tools::ReportProblem(kProgram, status);
  // A wrong verdict is this program's "no".
  return status.code() == StatusCode::kInternal ? tools::kExitRefused : code;
}

}  // namespace
}  // namespace pawl::bench

int main(int argc, char** argv) {
  return pawl::bench::Main(argc, argv);
}
