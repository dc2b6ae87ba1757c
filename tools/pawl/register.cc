// pawl token register.
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"
#include "pawl/v1/token.grpc.pb.h"
#include "tools/cli/json.h"
#include "tools/cli/secrets.h"
#include "tools/cli/token_options.h"
#include "tools/pawl/commands.h"
#include "tools/pawl/qr.h"

namespace pawl::tools {
namespace {

using v1::RegisterTokenRequest;

constexpr const char* kHex = "hex";
constexpr const char* kBase32 = "base32";

struct KindArgs {
  TokenDescription description;
  std::string account;
  std::string secrets_file;
  std::string encoding = kBase32;
};

struct FileArgs {
  std::string file;
  std::string account;
};

// Asks for a secret that is bytes. The encoding is never guessed: some texts
// are hex and base32 at once.
StatusOr<std::string> AskBytes(SecretSource& source, std::string_view what,
                               std::string_view encoding) {
  PAWL_ASSIGN_OR_RETURN(
      std::string text,
      source.Next(std::string(what) + " in " + std::string(encoding)));
  std::optional<Bytes> bytes =
      encoding == kHex ? HexDecode(text) : Base32Decode(text);
  Wipe(text);
  if (!bytes.has_value()) {
    return BadInput(what, "not " + std::string(encoding));
  }
  std::string secret(AsText(*bytes));
  Wipe(*bytes);
  return secret;
}

Status AskYubico(SecretSource& source, v1::YubicoToken& token) {
  PAWL_ASSIGN_OR_RETURN(*token.mutable_aes_key(),
                        AskBytes(source, "AES key", kHex));
  PAWL_ASSIGN_OR_RETURN(*token.mutable_private_id(),
                        AskBytes(source, "private id", kHex));
  return OkStatus();
}

template <typename Token>
Status AskSeed(SecretSource& source, std::string_view encoding, Token& token) {
  PAWL_ASSIGN_OR_RETURN(*token.mutable_secret(),
                        AskBytes(source, "seed", encoding));
  return OkStatus();
}

// The PIN of a mOTP token is asked for even when the server makes the secret.
Status AskMotp(SecretSource& source, bool generate, v1::MotpToken& token) {
  if (!generate) {
    PAWL_ASSIGN_OR_RETURN(*token.mutable_secret(),
                          source.Next("secret in hex"));
  }
  PAWL_ASSIGN_OR_RETURN(*token.mutable_pin(), source.NextNew("PIN of the app"));
  return OkStatus();
}

// Fills in the secrets that the server needs.
Status AskSecrets(const KindArgs& args, RegisterTokenRequest& request) {
  SecretSource source("--secrets-file", args.secrets_file);
  if (request.has_motp()) {
    return AskMotp(source, request.generate(), *request.mutable_motp());
  }
  if (request.generate() || request.has_yubicloud()) {
    return OkStatus();
  }
  if (request.has_yubico()) {
    return AskYubico(source, *request.mutable_yubico());
  }
  return request.has_hotp()
             ? AskSeed(source, args.encoding, *request.mutable_hotp())
             : AskSeed(source, args.encoding, *request.mutable_totp());
}

// What has to be put into the token or app.
void PrintGenerated(v1::TokenKind kind, const v1::GeneratedSecret& generated) {
  std::cout << "\nshown this once, it cannot be had again:\n";
  if (kind == v1::TOKEN_KIND_YUBICO) {
    std::cout << "aes_key:    " << HexEncode(AsBytes(generated.secret()))
              << "\nprivate_id: " << HexEncode(AsBytes(generated.private_id()))
              << '\n';
    return;
  }
  std::cout << "secret: "
            << (kind == v1::TOKEN_KIND_MOTP
                    ? EscapeText(generated.secret())
                    : Base32Encode(AsBytes(generated.secret())))
            << "\nuri:    " << EscapeText(generated.uri()) << "\n\n"
            << RenderQr(generated.uri()).value_or("");
}

StatusOr<int> Register(const Session& session, const std::string& account,
                       RegisterTokenRequest& request) {
  if (!account.empty()) {
    PAWL_ASSIGN_OR_RETURN(*request.mutable_account_id(),
                          AccountId(session, account));
  }
  PAWL_ASSIGN_OR_RETURN(
      v1::RegisterTokenResponse answer,
      session.connection.Call(&v1::TokenService::Stub::RegisterToken, request));
  const WipeAtEnd wipe(answer);
  if (session.json || !answer.has_generated()) {
    return PrintAnswer(session, answer);
  }
  PrintRecord(std::cout, answer.token());
  PrintGenerated(answer.token().kind(), answer.generated());
  return kExitDone;
}

StatusOr<int> RunKind(const Session& session, const KindArgs& args) {
  RegisterTokenRequest request = *args.description;
  const WipeAtEnd wipe(request);
  PAWL_RETURN_IF_ERROR(AskSecrets(args, request));
  return Register(session, args.account, request);
}

StatusOr<int> RunFile(const Session& session, const FileArgs& args) {
  RegisterTokenRequest request;
  const WipeAtEnd wipe(request);
  PAWL_ASSIGN_OR_RETURN(std::string json, ReadSecretFile(args.file));
  const bool parsed = FromJson(json, request);
  Wipe(json);
  if (!parsed) {
    return BadInput(args.file, "not a RegisterTokenRequest in JSON");
  }
  return Register(session, args.account, request);
}

void AddAccountOption(CLI::App& command, std::string& account) {
  command.add_option("--account", account,
                     "assign it to this account at once: a login or acc_...");
}

void AddKindOptions(CLI::App& command, KindArgs& args) {
  RegisterTokenRequest& request = *args.description;
  AddAccountOption(command, args.account);
  command.add_option("--secrets-file", args.secrets_file,
                     "the secrets are the lines of this file (- is standard "
                     "input) in the order in which they are asked for");
  command.add_flag_callback(
      "--generate", [&request] { request.set_generate(true); },
      "the server makes the secret and shows it once");
  if (request.has_hotp() || request.has_totp()) {
    command.add_option("--encoding", args.encoding, "how the seed is written")
        ->check(CLI::IsMember({kBase32, kHex}))
        ->capture_default_str();
  }
}

}  // namespace

void AddRegisterCommands(CLI::App& group, Action& chosen) {
  CLI::App& kinds =
      AddGroup(group, "register", "enrol a token of one of these kinds");
  AddTokenKinds(
      kinds, [&chosen](CLI::App& command, const TokenDescription& description) {
        const auto args = std::make_shared<KindArgs>();
        args->description = description;
        AddKindOptions(command, *args);
        RunWith(command, chosen, args, RunKind);
      });
  CLI::App& cloud = *kinds.add_subcommand(
      "yubicloud", "a YubiKey whose codes another server validates");
  const auto key = std::make_shared<KindArgs>();
  key->description = std::make_shared<RegisterTokenRequest>();
  cloud
      .add_option_function<std::string>(
          "PUBLIC_ID",
          [key](const std::string& id) {
            key->description->mutable_yubicloud()->set_public_id(id);
          },
          "the first letters of what it types, without the last 32")
      ->required();
  cloud.add_option_function<std::string>(
      "--label",
      [key](const std::string& label) { key->description->set_label(label); },
      "a name for people");
  AddAccountOption(cloud, key->account);
  RunWith(cloud, chosen, key, RunKind);
  CLI::App& file = *kinds.add_subcommand(
      "file", "a token that a file describes in full, with its secrets");
  const auto args = std::make_shared<FileArgs>();
  file.add_option("FILE", args->file,
                  "a RegisterTokenRequest in JSON (- is standard input)")
      ->required();
  AddAccountOption(file, args->account);
  RunWith(file, chosen, args, RunFile);
}

}  // namespace pawl::tools
