// pawl check, pawl validate.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "pawl/v1/login.grpc.pb.h"
#include "pawl/v1/validation.grpc.pb.h"
#include "tools/cli/secrets.h"
#include "tools/pawl/commands.h"
#include "tools/pawl/verdict.h"

namespace pawl::tools {
namespace {

// The options of both commands are bound to the fields of their requests.
struct CheckArgs {
  v1::CheckLoginRequest request;
  std::string credential_file;
};

struct ValidateArgs {
  v1::ValidateOtpRequest request;
  std::string code_file;
};

// What both requests have in common.
template <typename Request>
void AddCallerOptions(CLI::App& command, Request& request) {
  command.add_option("--attempt-id", *request.mutable_attempt_id(),
                     "names this submission, for a retry");
  command.add_option("--client-address", *request.mutable_client_address(),
                     "where the person comes from, for the audit log");
}

// The browser or program of a login. Without these there is none: a login with
// a device password has to come without.
void AddDeviceOptions(CLI::App& command, v1::CheckLoginRequest& request) {
  command.add_option_function<std::string>(
      "--device-type",
      [&request](const std::string& type) {
        request.mutable_device()->set_type(type);
      },
      "what the person logs in with, like browser");
  command.add_option_function<std::string>(
      "--device-name",
      [&request](const std::string& name) {
        request.mutable_device()->set_name(name);
      },
      "its name, for people");
  command
      .add_option_function<std::vector<std::string>>(
          "--session-service",
          [&request](const std::vector<std::string>& services) {
            request.mutable_device()->mutable_session_services()->Add(
                services.begin(), services.end());
          },
          "ask for a session that opens this sync service; may be repeated")
      ->allow_extra_args(false);
}

// A session has fields of its own, which stand apart.
int PrintLogin(const Session& session, v1::CheckLoginResponse& answer) {
  if (session.json || !answer.has_session()) {
    return PrintVerdict(session, answer.verdict(), answer.reason(), answer);
  }
  v1::Session login;
  const WipeAtEnd wipe(login);
  login.Swap(answer.mutable_session());
  answer.clear_session();
  const int status =
      PrintVerdict(session, answer.verdict(), answer.reason(), answer);
  std::cout << "\nsession:\n";
  PrintRecord(std::cout, login);
  return status;
}

StatusOr<int> RunCheck(const Session& session, const CheckArgs& args) {
  v1::CheckLoginRequest request = args.request;
  const WipeAtEnd wipe(request);
  SecretSource source("--credential-file", args.credential_file);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_credential(),
                        source.Next("credential"));
  PAWL_ASSIGN_OR_RETURN(
      v1::CheckLoginResponse answer,
      session.connection.Call(&v1::LoginService::Stub::CheckLogin, request));
  const WipeAtEnd wipe_answer(answer);
  return PrintLogin(session, answer);
}

StatusOr<int> RunValidate(const Session& session, const ValidateArgs& args) {
  v1::ValidateOtpRequest request = args.request;
  const WipeAtEnd wipe(request);
  SecretSource source("--code-file", args.code_file);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_otp(), source.Next("code"));
  PAWL_ASSIGN_OR_RETURN(
      const v1::ValidateOtpResponse answer,
      session.connection.Call(&v1::ValidationService::Stub::ValidateOtp,
                              request));
  return PrintVerdict(session, answer.verdict(), answer.reason(), answer);
}

void AddCheck(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand(
      "check", "check a login as a login form would; uses the code up");
  const auto args = std::make_shared<CheckArgs>();
  command
      .add_option("LOGIN", *args->request.mutable_account(),
                  "the login name, or the id of a device (dev_...)")
      ->required();
  args->request.set_service("web");
  command
      .add_option("--service", *args->request.mutable_service(),
                  "what the person logs in to, like webmail or imap")
      ->capture_default_str();
  AddCallerOptions(command, args->request);
  AddDeviceOptions(command, args->request);
  command.add_option("--credential-file", args->credential_file,
                     "the credential is the first line of this file (- is "
                     "standard input)");
  RunWith(command, chosen, args, RunCheck);
}

void AddValidate(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand(
      "validate", "check a code alone, without account; uses it up");
  const auto args = std::make_shared<ValidateArgs>();
  command.add_option("--token", *args->request.mutable_token_id(),
                     "the token, for codes that do not name it");
  AddCallerOptions(command, args->request);
  command.add_option("--code-file", args->code_file,
                     "the code is the first line of this file (- is standard "
                     "input)");
  RunWith(command, chosen, args, RunValidate);
}

}  // namespace

void AddCheckCommands(CLI::App& app, Action& chosen) {
  AddCheck(app, chosen);
  AddValidate(app, chosen);
}

}  // namespace pawl::tools
