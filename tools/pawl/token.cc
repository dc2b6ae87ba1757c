// pawl token, but for `token register`.
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "pawl/v1/token.grpc.pb.h"
#include "tools/cli/secrets.h"
#include "tools/pawl/commands.h"
#include "tools/pawl/verdict.h"

namespace pawl::tools {
namespace {

using Stub = v1::TokenService::Stub;

constexpr const char* kToken = "TOKEN";

struct ResyncArgs {
  std::string token;
  std::string codes_file;
};

StatusOr<int> RunUpdate(const Session& session,
                        const v1::UpdateTokenRequest& request) {
  if (!request.has_update_mask()) {
    return BadInput("token update", "give --label or --window");
  }
  return CallAndPrint(session, &Stub::UpdateToken, request);
}

StatusOr<int> RunResync(const Session& session, const ResyncArgs& args) {
  v1::ResyncTokenRequest request;
  const WipeAtEnd wipe(request);
  request.set_token_id(args.token);
  SecretSource source("--codes-file", args.codes_file);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_first_code(),
                        source.Next("first code"));
  PAWL_ASSIGN_OR_RETURN(*request.mutable_second_code(),
                        source.Next("second code"));
  PAWL_ASSIGN_OR_RETURN(const v1::ResyncTokenResponse answer,
                        session.connection.Call(&Stub::ResyncToken, request));
  return PrintVerdict(session, answer.verdict(), answer.reason(), answer);
}

void AddUpdate(CLI::App& group, Action& chosen) {
  CLI::App& command =
      *group.add_subcommand("update", "change its label or window");
  const auto request = std::make_shared<v1::UpdateTokenRequest>();
  command.add_option(kToken, *request->mutable_token()->mutable_id())
      ->required();
  command.add_option_function<std::string>(
      "--label",
      [request](const std::string& label) {
        request->mutable_token()->set_label(label);
        request->mutable_update_mask()->add_paths("label");
      },
      "a name for people");
  command.add_option_function<int32_t>(
      "--window",
      [request](int32_t window) {
        request->mutable_token()->set_window(window);
        request->mutable_update_mask()->add_paths("window");
      },
      "how many positions away a code is still good");
  RunWith(command, chosen, request, RunUpdate);
}

void AddResync(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand(
      "resync", "find a token that ran out of its window, by two codes");
  const auto args = std::make_shared<ResyncArgs>();
  command.add_option(kToken, args->token)->required();
  command.add_option("--codes-file", args->codes_file,
                     "the codes are the first two lines of this file (- is "
                     "standard input)");
  RunWith(command, chosen, args, RunResync);
}

// Requests that hold a token id and nothing else.
constexpr auto kFillId = [](const Session& /*session*/,
                            const std::string& token, auto& request) -> Status {
  request.set_token_id(token);
  return OkStatus();
};

}  // namespace

void AddTokenCommands(CLI::App& app, Action& chosen) {
  CLI::App& group = AddGroup(app, "token", "tokens that make codes");
  AddRegisterCommands(group, chosen);
  AddSimpleCommand(group, chosen, "show", "print one token", kToken,
                   &Stub::GetToken, kFillId);
  AddListCommand(group, chosen, &Stub::ListTokens,
                 {"id", "kind", "account_id", "enabled", "confirmed", "locked",
                  "failures", "public_id", "last_used_time", "label"});
  AddUpdate(group, chosen);
  AddSimpleCommand(group, chosen, "enable", "let it be used again", kToken,
                   &Stub::EnableToken, kFillId);
  AddSimpleCommand(group, chosen, "disable", "refuse its codes", kToken,
                   &Stub::DisableToken, kFillId);
  AddSimpleCommand(group, chosen, "unlock", "clear its failures", kToken,
                   &Stub::UnlockToken, kFillId);
  AddResync(group, chosen);
  AddSimpleCommand(group, chosen, "delete", "forget it and its secret", kToken,
                   &Stub::DeleteToken, kFillId);
}

}  // namespace pawl::tools
