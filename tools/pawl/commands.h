// The commands of `pawl`, one file for each group, and what they share.
//
// Each Add...Commands() adds a group of subcommands. The one that is given on
// the command line puts itself into `chosen`, and main() runs it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <google/protobuf/message.h>

#include "base/status.h"
#include "tools/cli/report.h"
#include "tools/cli/secrets.h"
#include "tools/pawl/connection.h"
#include "tools/pawl/output.h"

namespace pawl::tools {

// What a command works with.
struct Session {
  const Connection& connection;
  bool json = false;
};

// Returns the exit status; main() reports an error.
using Action = std::function<StatusOr<int>(const Session&)>;

void AddAccountCommands(CLI::App& app, Action& chosen);
void AddAuditCommands(CLI::App& app, Action& chosen);
void AddCheckCommands(CLI::App& app, Action& chosen);
void AddClientCommands(CLI::App& app, Action& chosen);
void AddDeviceCommands(CLI::App& app, Action& chosen);
void AddExplainCommand(CLI::App& app, Action& chosen);
void AddStatusCommand(CLI::App& app, Action& chosen);
void AddTokenCommands(CLI::App& app, Action& chosen);
// `client import`, below the group `client`.
void AddClientImport(CLI::App& group, Action& chosen);
// `token register`, below the group `token`.
void AddRegisterCommands(CLI::App& group, Action& chosen);
// Those of the group `account` that help who has lost a token or PIN.
void AddRecoveryCommands(CLI::App& group, Action& chosen);

// How commands call an account.
inline constexpr const char* kAccount = "ACCOUNT";
inline constexpr const char* kAccountHelp = "a login, or an id (acc_...)";

// A group of subcommands, of which exactly one must be given.
CLI::App& AddGroup(CLI::App& app, const char* name, const char* description);

// Prints an answer: as JSON, or as the record or table that a person reads.
[[nodiscard]] int PrintAnswer(const Session& session,
                              const google::protobuf::Message& answer);
[[nodiscard]] int PrintAnswers(const Session& session,
                               const google::protobuf::Message& list,
                               const Columns& columns);

// The id of an account given as id or login. A text that begins with "acc_" is
// taken for an id.
[[nodiscard]] StatusOr<std::string> AccountId(const Session& session,
                                              const std::string& account);
[[nodiscard]] bool IsAccountId(const std::string& text);
// The other way round: its login.
[[nodiscard]] StatusOr<std::string> AccountLogin(const Session& session,
                                                 const std::string& account);

// Fills in what most requests name.
constexpr auto kFillAccountId = [](const Session& session,
                                   const std::string& account,
                                   auto& request) -> Status {
  PAWL_ASSIGN_OR_RETURN(*request.mutable_account_id(),
                        AccountId(session, account));
  return OkStatus();
};

// One method of a gRPC stub.
template <typename Stub, typename Request, typename Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&,
                                      Response*);

// Calls a method and prints its answer, which may hold a secret.
template <typename Stub, typename Request, typename Response>
StatusOr<int> CallAndPrint(const Session& session,
                           Method<Stub, Request, Response> method,
                           const Request& request) {
  PAWL_ASSIGN_OR_RETURN(Response answer,
                        session.connection.Call(method, request));
  const WipeAtEnd wipe(answer);
  return PrintAnswer(session, answer);
}

// Makes `command` run `run` with the arguments that the options of `command`
// are bound to.
template <typename Args>
void RunWith(CLI::App& command, Action& chosen, std::shared_ptr<Args> args,
             StatusOr<int> (*run)(const Session&, const Args&)) {
  command.callback([&chosen, args, run] {
    chosen = [args, run](const Session& session) {
      return run(session, *args);
    };
  });
}

// A command "NAME ARGUMENT" whose request holds nothing but what `fill` makes
// of the argument: Status fill(const Session&, const std::string&, Request&).
template <typename Stub, typename Request, typename Response, typename Fill>
void AddSimpleCommand(CLI::App& group, Action& chosen, const char* name,
                      const char* description, const char* argument,
                      Method<Stub, Request, Response> method, Fill fill) {
  CLI::App& command = *group.add_subcommand(name, description);
  const auto text = std::make_shared<std::string>();
  command.add_option(argument, *text)->required();
  command.callback([&chosen, text, method, fill] {
    chosen = [text, method, fill](const Session& session) -> StatusOr<int> {
      Request request;
      PAWL_RETURN_IF_ERROR(fill(session, *text, request));
      return CallAndPrint(session, method, request);
    };
  });
}

// All pages of a List method in one answer, at most `limit` rows; 0: all.
template <typename Stub, typename Request, typename Response>
StatusOr<Response> ListAll(const Session& session,
                           Method<Stub, Request, Response> method,
                           Request request, int64_t limit) {
  constexpr int64_t kLargestPage = 1000;
  int64_t left = limit == 0 ? std::numeric_limits<int64_t>::max() : limit;
  Response all;
  do {
    request.set_page_size(static_cast<int32_t>(std::min(left, kLargestPage)));
    PAWL_ASSIGN_OR_RETURN(const Response page,
                          session.connection.Call(method, request));
    left -= RowCount(page);
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
  } while (left > 0 && !request.page_token().empty());
  all.clear_next_page_token();
  return all;
}

// Adds --limit; 0, which means all rows, is the default.
void AddLimitOption(CLI::App& command, int64_t& limit);

// The command "list" of a group.
template <typename Stub, typename Request, typename Response>
void AddListCommand(CLI::App& group, Action& chosen,
                    Method<Stub, Request, Response> method,
                    const Columns& columns) {
  CLI::App& command = *group.add_subcommand("list", "print all, one a line");
  const auto limit = std::make_shared<int64_t>(0);
  AddLimitOption(command, *limit);
  command.callback([&chosen, limit, method, columns] {
    chosen = [=](const Session& session) -> StatusOr<int> {
      PAWL_ASSIGN_OR_RETURN(const Response all,
                            ListAll(session, method, Request(), *limit));
      return PrintAnswers(session, all, columns);
    };
  });
}

}  // namespace pawl::tools
