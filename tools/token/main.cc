// pawl-token: a software token on the command line; see docs/cli.md.
#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "tools/cli/arguments.h"
#include "tools/cli/json.h"
#include "tools/cli/report.h"
#include "tools/cli/secrets.h"
#include "tools/cli/token_options.h"
#include "tools/token/software_token.h"
#include "tools/token/token_file.h"

namespace pawl::tools {
namespace {

constexpr const char* kProgram = "pawl-token";
constexpr int64_t kMaxCodes = 100000;
constexpr int64_t kLatestTime = 253402300799;  // the end of the year 9999

using Action = std::function<Status()>;

struct NewArgs {
  std::string file;
  std::string pin_file;
  bool public_id_given = false;
};

struct CodeArgs {
  std::string file;
  int64_t count = 1;
  std::optional<int64_t> at;
  bool power_cycle = false;
};

void AddFileOption(CLI::App& command, std::string& file) {
  command.add_option("--file", file, "where the token lives")->required();
}

Status RunNew(const NewArgs& args, v1::RegisterTokenRequest description) {
  SystemRng rng;
  if (description.has_yubico() && !args.public_id_given) {
    description.mutable_yubico()->set_public_id(RandomPublicId(rng));
  }
  if (!args.pin_file.empty()) {
    SecretSource source("--pin-file", args.pin_file);
    PAWL_ASSIGN_OR_RETURN(*description.mutable_motp()->mutable_pin(),
                          source.Next("PIN"));
  }
  PAWL_ASSIGN_OR_RETURN(const SoftwareToken token,
                        SoftwareToken::Generate(std::move(description), rng));
  return CreateTokenFile(args.file, token);
}

Status RunRegistration(const std::string& file) {
  PAWL_ASSIGN_OR_RETURN(const SoftwareToken token, ReadTokenFile(file));
  std::cout << ToJson(token.registration(), JsonDefaults::kLeaveOut);
  return OkStatus();
}

Status RunCode(const CodeArgs& args) {
  PAWL_ASSIGN_OR_RETURN(const LockedTokenFile file,
                        LockedTokenFile::Open(args.file));
  PAWL_ASSIGN_OR_RETURN(SoftwareToken token, ReadTokenFile(args.file));
  SystemRng rng;
  UnixTime now = args.at.has_value() ? FromUnixMillis(*args.at * 1000)
                                     : SystemClock().Now();
  if (args.power_cycle) {
    PAWL_RETURN_IF_ERROR(token.PowerCycle(now, rng));
  }
  std::string codes;
  for (int64_t i = 0; i < args.count; ++i) {
    PAWL_ASSIGN_OR_RETURN(const std::string code, token.NextCode(now, rng));
    codes += code + "\n";
    now += token.CodePeriod();
  }
  PAWL_RETURN_IF_ERROR(file.Save(token));
  std::cout << codes;
  return OkStatus();
}

void AddNew(CLI::App& app, Action& chosen) {
  CLI::App& group =
      *app.add_subcommand("new", "make a token with fresh random secrets");
  group.require_subcommand(1);
  AddTokenKinds(
      group, [&chosen](CLI::App& command, const TokenDescription& token) {
        const auto args = std::make_shared<NewArgs>();
        AddFileOption(command, args->file);
        if (token->has_motp()) {
          command.add_option("--pin-file", args->pin_file,
                             "the PIN of the app (- is standard input); four "
                             "random digits by default");
        }
        command.callback([&chosen, &command, token, args] {
          args->public_id_given =
              token->has_yubico() && command.count("--public-id") > 0;
          chosen = [token, args] { return RunNew(*args, *token); };
        });
      });
}

void AddRegistration(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand(
      "registration", "print what `pawl token register file` reads");
  const auto file = std::make_shared<std::string>();
  AddFileOption(command, *file);
  command.callback(
      [&chosen, file] { chosen = [file] { return RunRegistration(*file); }; });
}

void AddCode(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand("code", "print the next codes");
  const auto args = std::make_shared<CodeArgs>();
  AddFileOption(command, args->file);
  command
      .add_option("--count", args->count,
                  "how many codes; those of a time-based token belong to the "
                  "steps that follow each other")
      ->check(CLI::Range(int64_t{1}, kMaxCodes));
  command
      .add_option("--at", args->at,
                  "the time in seconds since 1970, now by default")
      ->check(CLI::Range(int64_t{0}, kLatestTime));
  command.add_flag("--power-cycle", args->power_cycle,
                   "take a yubico token out and plug it in again first");
  command.callback(
      [&chosen, args] { chosen = [args] { return RunCode(*args); }; });
}

int Main(int argc, const char* const* argv) {
  CLI::App app("Software token for demonstrations, tests and load.", kProgram);
  app.require_subcommand(1);
  app.set_version_flag("--version", PAWL_VERSION);
  Action chosen;
  AddNew(app, chosen);
  AddRegistration(app, chosen);
  AddCode(app, chosen);
  if (const std::optional<int> ended = ParseArguments(app, argc, argv)) {
    return *ended;
  }
  const Status status = chosen();
  return status.ok() ? FlushOutput(kProgram) : ReportProblem(kProgram, status);
}

}  // namespace
}  // namespace pawl::tools

int main(int argc, char** argv) {
  return pawl::tools::Main(argc, argv);
}
