// pawl client import.
#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"
#include "pawl/v1/client.grpc.pb.h"
#include "tools/cli/report.h"
#include "tools/cli/secrets.h"
#include "tools/pawl/commands.h"
#include "yubico/wsapi.h"

namespace pawl::tools {
namespace {

// Some hundred thousand clients.
constexpr size_t kMaxExport = size_t{32} << 20U;

struct ImportArgs {
  std::string file;
  bool dry_run = false;
};

// A line of `ykval-export-clients`: id, active, created, secret, email, notes,
// otp.
struct Row {
  v1::CreateClientRequest request{};
  bool active = true;
};

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) {
      return fields;
    }
    line.remove_prefix(comma + 1);
  }
}

// The number makes the name unique; the address is for people, as far as a name
// can hold it.
std::string NameOf(int64_t number, std::string_view email) {
  constexpr size_t kMaxName = 64;
  std::string name = "ykval-" + std::to_string(number);
  if (!email.empty()) {
    name += " " + std::string(email);
  }
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name.substr(0, kMaxName);
}

// The row, or what is wrong with it.
StatusOr<Row> ReadRow(std::string_view line) {
  constexpr size_t kLeastFields = 5;
  const std::vector<std::string_view> fields = Split(line);
  if (fields.size() < kLeastFields) {
    return BadInput("row", "needs id,active,created,secret,email");
  }
  Row row;
  int64_t number = 0;
  const std::string_view id = fields[0];
  const auto [end, error] =
      std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || number < 1 ||
      number > yubico::kMaxWsapiClient) {
    return BadInput("id", "is not a number from 1 to 9999999999");
  }
  if (fields[1] != "0" && fields[1] != "1") {
    return BadInput("active", "must be 0 or 1");
  }
  std::optional<Bytes> key = Base64Decode(fields[3]);
  if (!key.has_value() || key->size() < yubico::kMinWsapiKey ||
      key->size() > yubico::kMaxWsapiKey) {
    return BadInput("secret", "is not base64 of 16 to 64 bytes");
  }
  row.active = fields[1] == "1";
  row.request.set_name(NameOf(number, fields[4]));
  row.request.add_roles(v1::ROLE_LOGIN);
  row.request.mutable_wsapi()->set_number(number);
  row.request.mutable_wsapi()->set_key(key->data(), key->size());
  Wipe(*key);
  return row;
}

class Import {
 public:
  Import(const Session& session, bool dry_run)
      : session_(session), dry_run_(dry_run) {}

  void Take(size_t line_number, std::string_view line) {
    StatusOr<Row> row = ReadRow(line);
    if (!row.ok()) {
      ++wrong_;
      return Tell(line_number, MessageOf(row.status()));
    }
    const WipeAtEnd wipe(row->request);
    const std::string who =
        "client " + std::to_string(row->request.wsapi().number());
    if (!row->active) {
      ++left_out_;
      return Tell(line_number, who + " is not active: left out");
    }
    if (dry_run_) {
      ++made_;
      return;
    }
    StatusOr<v1::CreateClientResponse> answer = session_.connection.Call(
        &v1::ClientService::Stub::CreateClient, row->request);
    if (!answer.ok()) {
      ++wrong_;
      return Tell(line_number, who + ": " + MessageOf(answer.status()));
    }
    Wipe(*answer->mutable_wsapi_key());
    ++made_;
  }

  int Finish() const {
    std::cout << made_ << (dry_run_ ? " would be made, " : " made, ")
              << left_out_ << " left out, " << wrong_ << " wrong\n";
    return wrong_ == 0 ? kExitDone : kExitBadInput;
  }

 private:
  static void Tell(size_t line_number, const std::string& text) {
    std::cerr << "line " << line_number << ": " << EscapeText(text) << '\n';
  }

  const Session& session_;
  bool dry_run_;
  size_t made_ = 0;
  size_t left_out_ = 0;
  size_t wrong_ = 0;
};

StatusOr<int> RunImport(const Session& session, const ImportArgs& args) {
  PAWL_ASSIGN_OR_RETURN(std::string text,
                        ReadSecretFile(args.file, kMaxExport));
  Import import(session, args.dry_run);
  std::string_view rest = text;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!line.empty() && line.front() != '#') {
      import.Take(number, line);
    }
  }
  Wipe(text);
  return import.Finish();
}

}  // namespace

void AddClientImport(CLI::App& group, Action& chosen) {
  CLI::App& command = *group.add_subcommand(
      "import", "make the clients of a yubikey-val server");
  const auto args = std::make_shared<ImportArgs>();
  command
      .add_option("FILE", args->file,
                  "what ykval-export-clients wrote (- is standard input)")
      ->required();
  command.add_flag("--dry-run", args->dry_run, "only check the file");
  RunWith(command, chosen, args, RunImport);
}

}  // namespace pawl::tools
