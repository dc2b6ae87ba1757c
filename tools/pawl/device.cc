// pawl device.
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "base/status.h"
#include "pawl/v1/device.grpc.pb.h"
#include "tools/pawl/commands.h"
#include "tools/pawl/times.h"

namespace pawl::tools {
namespace {

using Stub = v1::DeviceService::Stub;

constexpr int32_t kMostDays = 100'000;
constexpr const char* kNever = "never";
constexpr const char* kWhenHelp =
    "a date (2027-01-31, in UTC) or time (2027-01-31T12:00:00Z)";

const Columns& DeviceColumns() {
  static const Columns kColumns = {
      "id",           "account_id",  "kind",           "type",
      "name",         "scopes",      "last_used_time", "last_service",
      "last_address", "create_time", "expire_time"};
  return kColumns;
}

struct NoArgs {};

struct CreateArgs {
  std::string account;
  std::string type;
  std::string name;
  std::string expires;
};

struct ListArgs {
  std::string account;
  int32_t unused_days = 0;
  int64_t limit = 0;
};

// One device, and what rename and expire make of it.
struct DeviceArgs {
  std::string device;
  std::string account;
  std::string name;
  std::string expires;
};

struct SweepArgs {
  std::string account;
  int32_t unused_days = 0;
  bool dry_run = false;
};

struct SelfArgs {
  v1::ReadOwnDeviceRequest request;
  std::string password_file;
};

// Whose devices a request is for; none: everybody's.
template <typename Request>
Status FillOwner(const Session& session, const std::string& account,
                 Request& request) {
  return account.empty() ? OkStatus()
                         : kFillAccountId(session, account, request);
}

StatusOr<int> RunTypes(const Session& session, const NoArgs& /*args*/) {
  return CallAndPrint(session, &Stub::ListServices, v1::ListServicesRequest());
}

StatusOr<int> RunCreate(const Session& session, const CreateArgs& args) {
  v1::CreateDeviceRequest request;
  request.set_type(args.type);
  request.set_name(args.name);
  if (!args.expires.empty()) {
    PAWL_ASSIGN_OR_RETURN(*request.mutable_expire_time(),
                          ParseTime("--expires", args.expires));
  }
  PAWL_RETURN_IF_ERROR(kFillAccountId(session, args.account, request));
  return CallAndPrint(session, &Stub::CreateDevice, request);
}

StatusOr<int> RunList(const Session& session, const ListArgs& args) {
  v1::ListDevicesRequest request;
  PAWL_RETURN_IF_ERROR(FillOwner(session, args.account, request));
  request.set_unused_days(args.unused_days);
  PAWL_ASSIGN_OR_RETURN(
      const v1::ListDevicesResponse all,
      ListAll(session, &Stub::ListDevices, request, args.limit));
  return PrintAnswers(session, all, DeviceColumns());
}

StatusOr<int> Update(const Session& session, const DeviceArgs& args,
                     const char* path, v1::UpdateDeviceRequest& request) {
  PAWL_RETURN_IF_ERROR(FillOwner(session, args.account, request));
  request.mutable_device()->set_id(args.device);
  request.mutable_update_mask()->add_paths(path);
  return CallAndPrint(session, &Stub::UpdateDevice, request);
}

StatusOr<int> RunRename(const Session& session, const DeviceArgs& args) {
  v1::UpdateDeviceRequest request;
  request.mutable_device()->set_name(args.name);
  return Update(session, args, "name", request);
}

StatusOr<int> RunExpire(const Session& session, const DeviceArgs& args) {
  v1::UpdateDeviceRequest request;
  if (args.expires != kNever) {
    PAWL_ASSIGN_OR_RETURN(*request.mutable_device()->mutable_expire_time(),
                          ParseTime("WHEN", args.expires));
  }
  return Update(session, args, "expire_time", request);
}

// All of them, a call after the other; what a dry run tells ends with the first
// call, because the second would tell the same.
StatusOr<int> RunSweep(const Session& session, const SweepArgs& args) {
  v1::SweepDevicesRequest request;
  PAWL_RETURN_IF_ERROR(FillOwner(session, args.account, request));
  request.set_unused_days(args.unused_days);
  request.set_dry_run(args.dry_run);
  v1::SweepDevicesResponse all;
  do {
    PAWL_ASSIGN_OR_RETURN(
        const v1::SweepDevicesResponse swept,
        session.connection.Call(&Stub::SweepDevices, request));
    all.mutable_devices()->MergeFrom(swept.devices());
    all.set_more(swept.more());
  } while (all.more() && !args.dry_run);
  const int status = PrintAnswers(session, all, DeviceColumns());
  if (!session.json && all.more()) {
    std::cout << "\nmore: yes\n";
  }
  return status;
}

StatusOr<int> RunSelf(const Session& session, const SelfArgs& args) {
  v1::ReadOwnDeviceRequest request = args.request;
  const WipeAtEnd wipe(request);
  SecretSource source("--password-file", args.password_file);
  PAWL_ASSIGN_OR_RETURN(*request.mutable_password(),
                        source.Next("device password"));
  return CallAndPrint(session, &Stub::ReadOwnDevice, request);
}

void AddOwnerOption(CLI::App& command, std::string& account) {
  command.add_option("--account", account,
                     "only of this account: a login or acc_...");
}

CLI::Option& AddUnusedOption(CLI::App& command, int32_t& days, int32_t least) {
  return *command
              .add_option("--unused-days", days,
                          "only those not used, or made, for so many days")
              ->check(CLI::Range(least, kMostDays));
}

CLI::App& AddDeviceCommand(CLI::App& group, DeviceArgs& args, const char* name,
                           const char* description) {
  CLI::App& command = *group.add_subcommand(name, description);
  command.add_option("DEVICE", args.device, "an id (dev_...)")->required();
  AddOwnerOption(command, args.account);
  return command;
}

// A command whose request names a device and no more.
template <typename Request, typename Response>
void AddCall(CLI::App& group, Action& chosen, const char* name,
             const char* description, Method<Stub, Request, Response> method) {
  const auto args = std::make_shared<DeviceArgs>();
  CLI::App& command = AddDeviceCommand(group, *args, name, description);
  command.callback([&chosen, args, method] {
    chosen = [args, method](const Session& session) -> StatusOr<int> {
      Request request;
      PAWL_RETURN_IF_ERROR(FillOwner(session, args->account, request));
      request.set_device_id(args->device);
      return CallAndPrint(session, method, request);
    };
  });
}

void AddCreate(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand(
      "create", "make a device password; prints it this once");
  const auto args = std::make_shared<CreateArgs>();
  command.add_option(kAccount, args->account, kAccountHelp)->required();
  command.add_option("--type", args->type, "one of `pawl device types`")
      ->required();
  command.add_option("--name", args->name, "a name for people")->required();
  command.add_option("--expires", args->expires, kWhenHelp);
  RunWith(command, chosen, args, RunCreate);
}

void AddList(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand("list", "print all, one a line");
  const auto args = std::make_shared<ListArgs>();
  AddOwnerOption(command, args->account);
  AddUnusedOption(command, args->unused_days, 0);
  AddLimitOption(command, args->limit);
  RunWith(command, chosen, args, RunList);
}

void AddRename(CLI::App& group, Action& chosen) {
  const auto args = std::make_shared<DeviceArgs>();
  CLI::App& command =
      AddDeviceCommand(group, *args, "rename", "change its name");
  command.add_option("NAME", args->name, "the new name")->required();
  RunWith(command, chosen, args, RunRename);
}

void AddExpire(CLI::App& group, Action& chosen) {
  const auto args = std::make_shared<DeviceArgs>();
  CLI::App& command =
      AddDeviceCommand(group, *args, "expire", "say when it ends");
  command
      .add_option("WHEN", args->expires,
                  std::string(kWhenHelp) + ", or " + kNever)
      ->required();
  RunWith(command, chosen, args, RunExpire);
}

void AddSweep(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand(
      "sweep", "remove what was not used for some time, and print it");
  const auto args = std::make_shared<SweepArgs>();
  AddOwnerOption(command, args->account);
  AddUnusedOption(command, args->unused_days, 1).required();
  command.add_flag("--dry-run", args->dry_run, "only print it");
  RunWith(command, chosen, args, RunSweep);
}

void AddSelf(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand(
      "self", "what a device sees of itself with its own password");
  const auto args = std::make_shared<SelfArgs>();
  command
      .add_option("USER_NAME", *args->request.mutable_user_name(),
                  "the device's id, or the login of its account")
      ->required();
  command.add_option("--client-address",
                     *args->request.mutable_client_address(),
                     "where the device is, for the audit log");
  command.add_option("--password-file", args->password_file,
                     "the password is the first line of this file (- is "
                     "standard input)");
  RunWith(command, chosen, args, RunSelf);
}

}  // namespace

void AddDeviceCommands(CLI::App& app, Action& chosen) {
  CLI::App& group =
      AddGroup(app, "device", "device passwords, sessions and logins");
  CLI::App& types = *group.add_subcommand(
      "types", "the services, and the types of device that open them");
  RunWith(types, chosen, std::make_shared<NoArgs>(), RunTypes);
  AddCreate(group, chosen);
  AddList(group, chosen);
  AddCall(group, chosen, "show", "print one device", &Stub::GetDevice);
  AddRename(group, chosen);
  AddExpire(group, chosen);
  AddCall(group, chosen, "regenerate",
          "make a new password; the old one is refused at once",
          &Stub::RegenerateDevicePassword);
  AddCall(group, chosen, "delete", "refuse its password at once",
          &Stub::DeleteDevice);
  AddSweep(group, chosen);
  AddSelf(group, chosen);
}

}  // namespace pawl::tools
