// pawl account recovery-codes, temporary-code, reset-second-factor.
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "base/status.h"
#include "pawl/v1/account.grpc.pb.h"
#include "tools/pawl/commands.h"
#include "tools/pawl/times.h"

namespace pawl::tools {
namespace {

using Stub = v1::AccountService::Stub;

struct CodesArgs {
  std::string account;
};

struct TemporaryArgs {
  std::string account;
  std::string ttl;
};

struct ResetArgs {
  std::string account;
  std::string tokens;
};

const std::map<std::string, v1::ResetTokens>& Resets() {
  static const std::map<std::string, v1::ResetTokens> kResets = {
      {"unassign", v1::RESET_TOKENS_UNASSIGN},
      {"disable", v1::RESET_TOKENS_DISABLE}};
  return kResets;
}

// One code a line, as they are printed on paper.
StatusOr<int> RunRecoveryCodes(const Session& session, const CodesArgs& args) {
  v1::CreateRecoveryCodesRequest request;
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  PAWL_ASSIGN_OR_RETURN(
      v1::CreateRecoveryCodesResponse answer,
      session.connection.Call(&Stub::CreateRecoveryCodes, request));
  const WipeAtEnd wipe(answer);
  if (session.json) {
    return PrintAnswer(session, answer);
  }
  for (const std::string& code : answer.codes()) {
    std::cout << EscapeText(code) << '\n';
  }
  return kExitDone;
}

StatusOr<int> RunTemporaryCode(const Session& session,
                               const TemporaryArgs& args) {
  v1::CreateTemporaryCodeRequest request;
  if (!args.ttl.empty()) {
    PAWL_ASSIGN_OR_RETURN(*request.mutable_ttl(),
                          ParseLength("--ttl", args.ttl));
  }
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  return CallAndPrint(session, &Stub::CreateTemporaryCode, request);
}

StatusOr<int> RunReset(const Session& session, const ResetArgs& args) {
  v1::ResetSecondFactorRequest request;
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  if (!args.tokens.empty()) {
    request.set_tokens(Resets().at(args.tokens));
  }
  return CallAndPrint(session, &Stub::ResetSecondFactor, request);
}

}  // namespace

void AddRecoveryCommands(CLI::App& group, Action& chosen) {
  CLI::App& codes = *group.add_subcommand(
      "recovery-codes", "make ten codes to be used once; those before die");
  const auto codes_args = std::make_shared<CodesArgs>();
  codes.add_option(kAccount, codes_args->account, kAccountHelp)->required();
  RunWith(codes, chosen, codes_args, RunRecoveryCodes);

  CLI::App& temporary = *group.add_subcommand(
      "temporary-code", "make one code that expires, in place of a token's");
  const auto temporary_args = std::make_shared<TemporaryArgs>();
  temporary.add_option(kAccount, temporary_args->account, kAccountHelp)
      ->required();
  temporary.add_option("--ttl", temporary_args->ttl,
                       "how long it is good, like 8h; 24h by default");
  RunWith(temporary, chosen, temporary_args, RunTemporaryCode);

  CLI::App& reset = *group.add_subcommand(
      "reset-second-factor",
      "back to the account password: no PIN, tokens, codes, sessions");
  const auto reset_args = std::make_shared<ResetArgs>();
  reset.add_option(kAccount, reset_args->account, kAccountHelp)->required();
  reset
      .add_option("--tokens", reset_args->tokens,
                  "what becomes of its tokens; unassign by default")
      ->check(CLI::IsMember(&Resets()));
  RunWith(reset, chosen, reset_args, RunReset);
}

}  // namespace pawl::tools
