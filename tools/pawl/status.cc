// pawl status.
#include "base/status.h"

#include <memory>

#include "pawl/v1/status.grpc.pb.h"
#include "tools/pawl/commands.h"

namespace pawl::tools {
namespace {

struct NoArgs {};

StatusOr<int> RunStatus(const Session& session, const NoArgs& /*args*/) {
  PAWL_ASSIGN_OR_RETURN(
      const v1::GetStatusResponse answer,
      session.connection.Call(&v1::StatusService::Stub::GetStatus,
                              v1::GetStatusRequest()));
  const int printed = PrintAnswer(session, answer);
  return answer.ready() ? printed : kExitFailed;
}

}  // namespace

void AddStatusCommand(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand("status", "how the server is");
  RunWith(command, chosen, std::make_shared<NoArgs>(), RunStatus);
}

}  // namespace pawl::tools
