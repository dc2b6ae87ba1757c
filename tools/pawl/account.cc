// pawl account, pawl assign, pawl unassign.
#include <map>
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

struct PinArgs {
  std::string account;  // of create: the login
  std::string pin_file;
  bool no_pin = false;
};

struct CreateArgs {
  PinArgs pin;
  std::string policy;
  std::string password_file;
  std::string device_passwords;
};

struct PolicyArgs {
  std::string account;
  std::string policy;
};

struct PasswordArgs {
  std::string account;
  std::string password_file;
  bool no_password = false;
};

const std::map<std::string, v1::Policy>& Policies() {
  static const std::map<std::string, v1::Policy> kPolicies = {
      {"password", v1::POLICY_PASSWORD},
      {"otp-web", v1::POLICY_OTP_WEB},
      {"otp-web-device-passwords", v1::POLICY_OTP_WEB_DEVICE_PASSWORDS},
      {"otp-only", v1::POLICY_OTP_ONLY}};
  return kPolicies;
}

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

StatusOr<std::string> NewPassword(const std::string& file) {
  return SecretSource("--password-file", file).NextNew("account password");
}

StatusOr<int> RunCreate(const Session& session, const CreateArgs& args) {
  v1::CreateAccountRequest request;
  const WipeAtEnd wipe(request);
  request.set_login(args.pin.account);
  if (!args.policy.empty()) {
    request.set_policy(Policies().at(args.policy));
  }
  if (!args.device_passwords.empty()) {
    request.set_device_passwords(args.device_passwords == "yes");
  }
  PAWL_ASSIGN_OR_RETURN(*request.mutable_pin(), NewPin(args.pin));
  // Most callers keep the passwords themselves: nobody is asked for one.
  if (!args.password_file.empty()) {
    PAWL_ASSIGN_OR_RETURN(*request.mutable_password(),
                          NewPassword(args.password_file));
  }
  return CallAndPrint(session, &Stub::CreateAccount, request);
}

StatusOr<int> RunSetPolicy(const Session& session, const PolicyArgs& args) {
  v1::SetPolicyRequest request;
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  request.set_policy(Policies().at(args.policy));
  return CallAndPrint(session, &Stub::SetPolicy, request);
}

StatusOr<int> RunSetPassword(const Session& session, const PasswordArgs& args) {
  v1::SetPasswordRequest request;
  const WipeAtEnd wipe(request);
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  if (!args.no_password) {
    PAWL_ASSIGN_OR_RETURN(*request.mutable_password(),
                          NewPassword(args.password_file));
  }
  return CallAndPrint(session, &Stub::SetPassword, request);
}

StatusOr<int> RunSetPin(const Session& session, const PinArgs& args) {
  v1::SetPinRequest request;
  const WipeAtEnd wipe(request);
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  PAWL_ASSIGN_OR_RETURN(*request.mutable_pin(), NewPin(args));
  return CallAndPrint(session, &Stub::SetPin, request);
}

StatusOr<int> RunRename(const Session& session, const RenameArgs& args) {
  v1::RenameAccountRequest request;
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  request.set_login(args.login);
  return CallAndPrint(session, &Stub::RenameAccount, request);
}

void AddCreate(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand("create", "make an account");
  const auto args = std::make_shared<CreateArgs>();
  command.add_option("LOGIN", args->pin.account, "the login name")->required();
  AddPinOptions(command, args->pin, "the credential is the code alone");
  command
      .add_option("--policy", args->policy,
                  "what lets in where; the server's default_policy by default")
      ->check(CLI::IsMember(&Policies()));
  command.add_option("--password-file", args->password_file,
                     "the account password, to be kept here, is the first line "
                     "of this file (- is standard input)");
  command
      .add_option("--device-passwords", args->device_passwords,
                  "whether it may have any; as the server has it by default")
      ->check(CLI::IsMember({"yes", "no"}));
  RunWith(command, chosen, args, RunCreate);
}

void AddSetPolicy(CLI::App& group, Action& chosen) {
  CLI::App& command =
      *group.add_subcommand("set-policy", "say what lets in where");
  const auto args = std::make_shared<PolicyArgs>();
  command.add_option(kAccount, args->account, kAccountHelp)->required();
  command.add_option("POLICY", args->policy, "the new policy")
      ->required()
      ->check(CLI::IsMember(&Policies()));
  RunWith(command, chosen, args, RunSetPolicy);
}

void AddSetPassword(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand(
      "set-password", "replace the account password that is kept here");
  const auto args = std::make_shared<PasswordArgs>();
  command.add_option(kAccount, args->account, kAccountHelp)->required();
  CLI::Option* file = command.add_option(
      "--password-file", args->password_file,
      "the password is the first line of this file (- is standard input) "
      "instead of being asked for");
  command
      .add_flag("--no-password", args->no_password,
                "remove it: the callers keep it from now on")
      ->excludes(file);
  RunWith(command, chosen, args, RunSetPassword);
}

// `allow-device-passwords` and `deny-device-passwords`.
void AddDevicePasswords(CLI::App& group, Action& chosen, const char* name,
                        const char* description, bool allowed) {
  AddSimpleCommand(group, chosen, name, description, kAccount,
                   &Stub::SetDevicePasswords,
                   [allowed](const Session& session, const std::string& account,
                             v1::SetDevicePasswordsRequest& request) {
                     request.set_allowed(allowed);
                     return kFillAccountId(session, account, request);
                   });
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
      PAWL_RETURN_IF_ERROR(kFillAccountId(session, args->account, request));
      request.set_token_id(args->token);
      return CallAndPrint(session, method, request);
    };
  });
}

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
  AddSimpleCommand(group, chosen, "show",
                   "print one account, its tokens and blocks", kAccount,
                   &Stub::GetAccount, FillGet);
  AddListCommand(group, chosen, &Stub::ListAccounts,
                 {"id", "login", "enabled", "policy", "has_pin", "failures"});
  AddRename(group, chosen);
  AddSetPin(group, chosen);
  AddSetPolicy(group, chosen);
  AddSetPassword(group, chosen);
  AddDevicePasswords(group, chosen, "allow-device-passwords",
                     "let it have device passwords", true);
  AddDevicePasswords(group, chosen, "deny-device-passwords",
                     "those that are there open nothing", false);
  AddRecoveryCommands(group, chosen);
  AddSimpleCommand(group, chosen, "enable", "let it be used again", kAccount,
                   &Stub::EnableAccount, kFillAccountId);
  AddSimpleCommand(group, chosen, "disable", "refuse every login", kAccount,
                   &Stub::DisableAccount, kFillAccountId);
  AddSimpleCommand(group, chosen, "unlock",
                   "clear its failures, blocks and those of its tokens",
                   kAccount, &Stub::UnlockAccount, kFillAccountId);
  AddSimpleCommand(group, chosen, "delete",
                   "remove it and its devices; its tokens stay registered",
                   kAccount, &Stub::DeleteAccount, kFillAccountId);
  AddAssign(app, chosen, "assign", "give a token to an account",
            &Stub::AssignToken);
  AddAssign(app, chosen, "unassign", "take a token from its account",
            &Stub::UnassignToken);
}

}  // namespace pawl::tools
