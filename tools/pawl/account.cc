// pawl account, pawl assign, pawl unassign.
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "pawl/v1/account.grpc.pb.h"
#include "tools/cli/secrets.h"
#include "tools/pawl/commands.h"

namespace pawl::tools {
namespace {

using Stub = v1::AccountService::Stub;

constexpr const char* kAccount = "ACCOUNT";
constexpr const char* kAccountHelp = "a login, or an id (acc_...)";

struct PinArgs {
  std::string account;  // of create: the login
  std::string pin_file;
  bool no_pin = false;
};

struct RenameArgs {
  std::string account;
  std::string login;
};

struct AssignArgs {
  std::string account;
  std::string token;
};

void AddPinOptions(CLI::App& command, PinArgs& args, const char* no_pin_help) {
  CLI::Option* file = command.add_option(
      "--pin-file", args.pin_file,
      "the PIN is the first line of this file (- is standard input) instead "
      "of being asked for");
  command.add_flag("--no-pin", args.no_pin, no_pin_help)->excludes(file);
}

// The new PIN, empty with --no-pin.
StatusOr<std::string> NewPin(const PinArgs& args) {
  if (args.no_pin) {
    return std::string();
  }
  return SecretSource("--pin-file", args.pin_file).NextNew("PIN");
}

StatusOr<int> RunCreate(const Session& session, const PinArgs& args) {
  v1::CreateAccountRequest request;
  const WipeAtEnd wipe(request);
  request.set_login(args.account);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_pin(), NewPin(args));
  return CallAndPrint(session, &Stub::CreateAccount, request);
}

StatusOr<int> RunSetPin(const Session& session, const PinArgs& args) {
  v1::SetPinRequest request;
  const WipeAtEnd wipe(request);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_account_id(),
                        AccountId(session, args.account));
  PAWL_ASSIGN_OR_RETURN(*request.mutable_pin(), NewPin(args));
  return CallAndPrint(session, &Stub::SetPin, request);
}

StatusOr<int> RunRename(const Session& session, const RenameArgs& args) {
  v1::RenameAccountRequest request;
  PAWL_ASSIGN_OR_RETURN(*request.mutable_account_id(),
                        AccountId(session, args.account));
  request.set_login(args.login);
  return CallAndPrint(session, &Stub::RenameAccount, request);
}

void AddCreate(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand("create", "make an account");
  const auto args = std::make_shared<PinArgs>();
  command.add_option("LOGIN", args->account, "the login name")->required();
  AddPinOptions(command, *args, "the credential is the code alone");
  RunWith(command, chosen, args, RunCreate);
}

void AddSetPin(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand("set-pin", "replace the PIN");
  const auto args = std::make_shared<PinArgs>();
  command.add_option(kAccount, args->account, kAccountHelp)->required();
  AddPinOptions(command, *args, "remove the PIN");
  RunWith(command, chosen, args, RunSetPin);
}

void AddRename(CLI::App& group, Action& chosen) {
  CLI::App& command =
      *group.add_subcommand("rename", "change the login name only");
  const auto args = std::make_shared<RenameArgs>();
  command.add_option(kAccount, args->account, kAccountHelp)->required();
  command.add_option("NEW_LOGIN", args->login, "the new name")->required();
  RunWith(command, chosen, args, RunRename);
}

// `assign` and `unassign` differ in their method only.
template <typename Request, typename Response>
void AddAssign(CLI::App& app, Action& chosen, const char* name,
               const char* description,
               Method<Stub, Request, Response> method) {
  CLI::App& command = *app.add_subcommand(name, description);
  const auto args = std::make_shared<AssignArgs>();
  command.add_option(kAccount, args->account, kAccountHelp)->required();
  command.add_option("TOKEN", args->token, "an id (tok_...)")->required();
  command.callback([&chosen, args, method] {
    chosen = [args, method](const Session& session) -> StatusOr<int> {
      Request request;
      PAWL_ASSIGN_OR_RETURN(*request.mutable_account_id(),
                            AccountId(session, args->account));
      request.set_token_id(args->token);
      return CallAndPrint(session, method, request);
    };
  });
}

// Requests that hold an account id and nothing else.
constexpr auto kFillId = [](const Session& session, const std::string& account,
                            auto& request) -> Status {
  PAWL_ASSIGN_OR_RETURN(*request.mutable_account_id(),
                        AccountId(session, account));
  return OkStatus();
};

Status FillGet(const Session& /*session*/, const std::string& account,
               v1::GetAccountRequest& request) {
  if (IsAccountId(account)) {
    request.set_account_id(account);
  } else {
    request.set_login(account);
  }
  return OkStatus();
}

}  // namespace

void AddAccountCommands(CLI::App& app, Action& chosen) {
  CLI::App& group = AddGroup(app, "account", "accounts people log in to");
  AddCreate(group, chosen);
  AddSimpleCommand(group, chosen, "show", "print one account and its tokens",
                   kAccount, &Stub::GetAccount, FillGet);
  AddListCommand(group, chosen, &Stub::ListAccounts,
                 {"id", "login", "enabled", "has_pin", "locked", "failures"});
  AddRename(group, chosen);
  AddSetPin(group, chosen);
  AddSimpleCommand(group, chosen, "enable", "let it be used again", kAccount,
                   &Stub::EnableAccount, kFillId);
  AddSimpleCommand(group, chosen, "disable", "refuse every login", kAccount,
                   &Stub::DisableAccount, kFillId);
  AddSimpleCommand(group, chosen, "unlock",
                   "clear its failures and those of its tokens", kAccount,
                   &Stub::UnlockAccount, kFillId);
  AddSimpleCommand(group, chosen, "delete",
                   "remove it; its tokens stay registered", kAccount,
                   &Stub::DeleteAccount, kFillId);
  AddAssign(app, chosen, "assign", "give a token to an account",
            &Stub::AssignToken);
  AddAssign(app, chosen, "unassign", "take a token from its account",
            &Stub::UnassignToken);
}

}  // namespace pawl::tools
