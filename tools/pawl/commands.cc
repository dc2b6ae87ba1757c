#include "tools/pawl/commands.h"

#include <iostream>

#include "pawl/v1/account.grpc.pb.h"
#include "tools/cli/json.h"

namespace pawl::tools {
namespace {

constexpr int64_t kMostRows = 1'000'000'000;

}  // namespace

CLI::App& AddGroup(CLI::App& app, const char* name, const char* description) {
  CLI::App& group = *app.add_subcommand(name, description);
  group.require_subcommand(1);
  return group;
}

int PrintAnswer(const Session& session,
                const google::protobuf::Message& answer) {
  if (session.json) {
    std::cout << ToJson(answer, JsonDefaults::kWriteOut);
  } else {
    PrintRecord(std::cout, answer);
  }
  return kExitDone;
}

int PrintAnswers(const Session& session, const google::protobuf::Message& list,
                 const Columns& columns) {
  if (session.json) {
    std::cout << ToJson(list, JsonDefaults::kWriteOut);
  } else {
    PrintTable(std::cout, list, columns);
  }
  return kExitDone;
}

bool IsAccountId(const std::string& text) {
  return text.starts_with("acc_");
}

StatusOr<std::string> AccountId(const Session& session,
                                const std::string& account) {
  if (IsAccountId(account)) {
    return account;
  }
  v1::GetAccountRequest request;
  request.set_login(account);
  PAWL_ASSIGN_OR_RETURN(
      const v1::GetAccountResponse answer,
      session.connection.Call(&v1::AccountService::Stub::GetAccount, request));
  return answer.account().id();
}

StatusOr<std::string> AccountLogin(const Session& session,
                                   const std::string& account) {
  if (!IsAccountId(account)) {
    return account;
  }
  v1::GetAccountRequest request;
  request.set_account_id(account);
  PAWL_ASSIGN_OR_RETURN(
      const v1::GetAccountResponse answer,
      session.connection.Call(&v1::AccountService::Stub::GetAccount, request));
  return answer.account().login();
}

void AddLimitOption(CLI::App& command, int64_t& limit) {
  command.add_option("--limit", limit, "print at most so many; 0 is all")
      ->check(CLI::Range(int64_t{0}, kMostRows))
      ->capture_default_str();
}

}  // namespace pawl::tools
