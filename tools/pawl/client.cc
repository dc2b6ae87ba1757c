// pawl client.
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/status.h"
#include "pawl/v1/client.grpc.pb.h"
#include "tools/cli/secrets.h"
#include "tools/pawl/commands.h"

namespace pawl::tools {
namespace {

using Stub = v1::ClientService::Stub;

struct CreateArgs {
  std::string name;
  std::vector<std::string> roles;
  std::vector<std::string> services;
  bool see_reasons = false;
  bool wsapi = false;
  int64_t number = 0;
  std::string key_out;
};

const std::map<std::string, v1::Role>& Roles() {
  static const std::map<std::string, v1::Role> kRoles = {
      {"login", v1::ROLE_LOGIN},
      {"admin", v1::ROLE_ADMIN},
      {"audit", v1::ROLE_AUDIT},
      {"self-service", v1::ROLE_SELF_SERVICE}};
  return kRoles;
}

// Moves the key out of the answer into a file of its own.
Status StoreKey(const std::string& path, v1::CreateClientResponse& answer) {
  const bool bearer = !answer.key().empty();
  std::string contents =
      (bearer ? answer.key() : Base64Encode(AsBytes(answer.wsapi_key()))) +
      "\n";
  const Status written = CreatePrivateFile(path, contents);
  Wipe(contents);
  Wipe(*answer.mutable_key());
  Wipe(*answer.mutable_wsapi_key());
  if (!written.ok()) {
    return MakeStatus(written.code(),
                      MessageOf(written) + "; the key is lost: delete client " +
                          answer.client().id() + " and create it again");
  }
  return OkStatus();
}

StatusOr<int> RunCreate(const Session& session, const CreateArgs& args) {
  std::error_code ignored;
  if (!args.key_out.empty() && std::filesystem::exists(args.key_out, ignored)) {
    // Found out before there is a key that could not be stored.
    return BadInput("--key-out", args.key_out + " exists already");
  }
  v1::CreateClientRequest request;
  request.set_name(args.name);
  request.set_see_reasons(args.see_reasons);
  for (const std::string& role : args.roles) {
    request.add_roles(Roles().at(role));
  }
  request.mutable_services()->Add(args.services.begin(), args.services.end());
  if (args.wsapi || args.number != 0) {
    request.mutable_wsapi()->set_number(args.number);
  } else if (args.roles.empty()) {
    return BadInput("--role", "is needed");
  }
  if (args.roles.empty()) {
    request.add_roles(v1::ROLE_LOGIN);
  }
  PAWL_ASSIGN_OR_RETURN(v1::CreateClientResponse answer,
                        session.connection.Call(&Stub::CreateClient, request));
  const WipeAtEnd wipe(answer);
  if (!args.key_out.empty()) {
    PAWL_RETURN_IF_ERROR(StoreKey(args.key_out, answer));
  }
  if (session.json || answer.wsapi_key().empty()) {
    return PrintAnswer(session, answer);
  }
  // Programs want it in base64, which only JSON gives it by itself.
  const std::string key = Base64Encode(AsBytes(answer.wsapi_key()));
  Wipe(*answer.mutable_wsapi_key());
  const int printed = PrintAnswer(session, answer);
  std::cout << "wsapi_key:    " << key << '\n';
  return printed;
}

void AddCreate(CLI::App& group, Action& chosen) {
  CLI::App& command =
      *group.add_subcommand("create", "make a client; prints its key once");
  const auto args = std::make_shared<CreateArgs>();
  command.add_option("NAME", args->name, "a name for people")->required();
  command.add_option("--role", args->roles, "what it may do; may be repeated")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(&Roles()));
  command
      .add_option("--service", args->services,
                  "it may check logins for this service only; may be repeated")
      ->allow_extra_args(false);
  command.add_flag("--see-reasons", args->see_reasons,
                   "checks tell it why, not only yes or no");
  command.add_flag("--wsapi", args->wsapi,
                   "for the Yubico validation protocol: a number and a key "
                   "that signs; its role is login");
  command.add_option("--number", args->number,
                     "that number, 1 to 9999999999; implies --wsapi");
  command.add_option("--key-out", args->key_out,
                     "write the key to this new file (mode 0600) instead");
  RunWith(command, chosen, args, RunCreate);
}

Status FillDelete(const Session& /*session*/, const std::string& client,
                  v1::DeleteClientRequest& request) {
  request.set_client_id(client);
  return OkStatus();
}

}  // namespace

void AddClientCommands(CLI::App& app, Action& chosen) {
  CLI::App& group = AddGroup(app, "client", "programs that may call Pawl");
  AddCreate(group, chosen);
  AddClientImport(group, chosen);
  AddListCommand(group, chosen, &Stub::ListClients,
                 {"id", "name", "roles", "services", "see_reasons",
                  "wsapi_number", "create_time"});
  AddSimpleCommand(group, chosen, "delete", "remove it and its key", "CLIENT",
                   &Stub::DeleteClient, FillDelete);
}

}  // namespace pawl::tools
