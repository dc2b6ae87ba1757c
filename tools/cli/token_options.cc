#include "tools/cli/token_options.h"

#include <cstdint>
#include <map>
#include <string>

namespace pawl::tools {
namespace {

void AddYubicoOptions(CLI::App& command, v1::YubicoToken& token) {
  command.add_option("--public-id", *token.mutable_public_id(),
                     "what the key types in front of its codes, in modhex");
}

template <typename Token>
void AddWindowOption(CLI::App& command, Token& token) {
  command.add_option_function<int32_t>(
      "--window", [&token](int32_t window) { token.set_window(window); },
      "how many positions away a code is still good");
}

// What HOTP and TOTP have in common.
template <typename Token>
void AddOathOptions(CLI::App& command, Token& token) {
  static const std::map<std::string, v1::HashAlgorithm> kHashes = {
      {"sha1", v1::HASH_ALGORITHM_SHA1},
      {"sha256", v1::HASH_ALGORITHM_SHA256},
      {"sha512", v1::HASH_ALGORITHM_SHA512}};
  AddWindowOption(command, token);
  command.add_option_function<int32_t>(
      "--digits", [&token](int32_t digits) { token.set_digits(digits); },
      "length of a code: 6, 7 or 8; 6 by default");
  command
      .add_option_function<std::string>(
          "--hash",
          [&token](const std::string& name) {
            token.set_hash(kHashes.at(name));
          },
          "hash function, sha1 by default")
      ->check(CLI::IsMember(&kHashes));
  command.add_option("--token-identifier", *token.mutable_token_identifier(),
                     "the 12 characters typed in front of each code");
}

void AddHotpOptions(CLI::App& command, v1::HotpToken& token) {
  AddOathOptions(command, token);
  command.add_option_function<int64_t>(
      "--counter", [&token](int64_t counter) { token.set_counter(counter); },
      "the counter the token will use next, 0 by default");
}

void AddTotpOptions(CLI::App& command, v1::TotpToken& token) {
  AddOathOptions(command, token);
  command.add_option_function<int64_t>(
      "--period",
      [&token](int64_t seconds) {
        token.mutable_period()->set_seconds(seconds);
      },
      "seconds in a step, 30 by default");
}

CLI::App& AddKind(CLI::App& parent, const char* name, const char* description,
                  const TokenDescription& token) {
  CLI::App& command = *parent.add_subcommand(name, description);
  command.add_option_function<std::string>(
      "--label", [token](const std::string& label) { token->set_label(label); },
      "a name for people");
  return command;
}

}  // namespace

void AddTokenKinds(
    CLI::App& parent,
    const std::function<void(CLI::App&, const TokenDescription&)>& complete) {
  auto token = std::make_shared<v1::RegisterTokenRequest>();
  CLI::App* command =
      &AddKind(parent, "yubico", "YubiKey in Yubico OTP mode", token);
  AddYubicoOptions(*command, *token->mutable_yubico());
  complete(*command, token);

  token = std::make_shared<v1::RegisterTokenRequest>();
  command = &AddKind(parent, "hotp", "counter-based token, RFC 4226", token);
  AddHotpOptions(*command, *token->mutable_hotp());
  complete(*command, token);

  token = std::make_shared<v1::RegisterTokenRequest>();
  command = &AddKind(parent, "totp", "time-based token, RFC 6238", token);
  AddTotpOptions(*command, *token->mutable_totp());
  complete(*command, token);

  token = std::make_shared<v1::RegisterTokenRequest>();
  command = &AddKind(parent, "motp", "Mobile-OTP app, legacy", token);
  AddWindowOption(*command, *token->mutable_motp());
  complete(*command, token);
}

}  // namespace pawl::tools
