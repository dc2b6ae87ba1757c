// pawl explain.
#include <iostream>
#include <memory>
#include <string>

#include "base/status.h"
#include "pawl/v1/help_desk.grpc.pb.h"
#include "tools/pawl/commands.h"

namespace pawl::tools {
namespace {

struct ExplainArgs {
  std::string account;
  std::string service;
  std::string credential_file;
};

StatusOr<int> RunExplain(const Session& session, const ExplainArgs& args) {
  v1::ExplainCredentialRequest request;
  const WipeAtEnd wipe(request);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_account(),
                        AccountLogin(session, args.account));
  request.set_service(args.service);
  SecretSource source("--credential-file", args.credential_file);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_credential(),
                        source.Next("credential"));
  PAWL_ASSIGN_OR_RETURN(
      const v1::ExplainCredentialResponse answer,
      session.connection.Call(&v1::HelpDeskService::Stub::ExplainCredential,
                              request));
  const int status = PrintAnswer(session, answer);
  if (!session.json && answer.readings().empty()) {
    std::cout << "readings: none\n";
  }
  return status;
}

}  // namespace

void AddExplainCommand(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand(
      "explain",
      "how a credential would be read; uses nothing up and tells nothing of "
      "PIN or password");
  const auto args = std::make_shared<ExplainArgs>();
  command.add_option(kAccount, args->account, kAccountHelp)->required();
  command.add_option("--service", args->service,
                     "tell also what is let in at this service");
  command.add_option("--credential-file", args->credential_file,
                     "the credential is the first line of this file (- is "
                     "standard input)");
  RunWith(command, chosen, args, RunExplain);
}

}  // namespace pawl::tools
