// The options that describe a token, which `pawl token register` and
// `pawl-token new` have in common.
#pragma once

#include <functional>
#include <memory>

#include <CLI/CLI.hpp>

#include "pawl/v1/token.pb.h"

namespace pawl::tools {

using TokenDescription = std::shared_ptr<v1::RegisterTokenRequest>;

// Adds one subcommand of `parent` for each kind of token (yubico, hotp, totp,
// motp) with the options of that kind and --label, and hands it to `complete`
// together with the description that its options write to. The kind is set
// there already; secrets are never options. The description lives at least as
// long as the command.
void AddTokenKinds(
    CLI::App& parent,
    const std::function<void(CLI::App&, const TokenDescription&)>& complete);

}  // namespace pawl::tools
