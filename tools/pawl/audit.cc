// pawl audit.
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "pawl/v1/audit.grpc.pb.h"
#include "tools/pawl/commands.h"

namespace pawl::tools {
namespace {

struct ListArgs {
  std::string account;
  std::string token;
  // The log grows without end; who wants all of it says so.
  int64_t limit = 100;
};

StatusOr<int> RunList(const Session& session, const ListArgs& args) {
  v1::ListAuditEntriesRequest request;
  if (!args.account.empty()) {
    PAWL_ASSIGN_OR_RETURN(*request.mutable_account_id(),
                          AccountId(session, args.account));
  }
  request.set_token_id(args.token);
  PAWL_ASSIGN_OR_RETURN(
      const v1::ListAuditEntriesResponse all,
      ListAll(session, &v1::AuditService::Stub::ListAuditEntries, request,
              args.limit));
  return PrintAnswers(
      session, all,
      {"sequence", "time", "event", "verdict", "reason", "hints", "account_id",
       "token_id", "device_id", "client_id", "position", "count", "caller",
       "service", "client_address"});
}

}  // namespace

void AddAuditCommands(CLI::App& app, Action& chosen) {
  CLI::App& group = AddGroup(app, "audit", "what happened");
  CLI::App& command = *group.add_subcommand("list", "print it, newest first");
  const auto args = std::make_shared<ListArgs>();
  CLI::Option* token = command.add_option(
      "--token", args->token, "only what happened to this token (tok_...)");
  command
      .add_option("--account", args->account,
                  "only what happened to this account: a login or acc_...")
      ->excludes(token);
  AddLimitOption(command, args->limit);
  RunWith(command, chosen, args, RunList);
}

}  // namespace pawl::tools
