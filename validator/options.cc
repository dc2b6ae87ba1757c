#include "validator/options.h"

#include <cstdlib>

#include <CLI/CLI.hpp>

#include "validator/version.h"

namespace pawl::validator {
namespace {

constexpr int kUsageError = 2;

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  CLI::App app("pawld: decides whether a login code is good, once");
  app.set_version_flag("--version", std::string(kVersion));
  Options options;
  app.add_option("--config", options.config_file,
                 "TOML file with settings (default: $PAWL_CONFIG, or none)")
      ->envname("PAWL_CONFIG");
  app.add_flag("--check-config", options.check_config,
               "check the configuration, print what is wrong, and exit");
  for (const Setting& setting : Settings()) {
    app.add_option_function<std::string>(
        FlagName(setting.key),
        [&options, &setting](const std::string& text) {
          options.flags[std::string(setting.key)] = text;
        },
        std::string(setting.help) + " (" + EnvironmentName(setting.key) + ")");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return {.exit_code = code == 0 ? 0 : kUsageError};
  }
  return {.options = std::move(options)};
}

Values ReadEnvironment() {
  Values values;
  for (const Setting& setting : Settings()) {
    // Before threads start, as the header demands.
    const char* value = std::getenv(  // NOLINT(concurrency-mt-unsafe)
        EnvironmentName(setting.key).c_str());
    if (value != nullptr) {
      values[std::string(setting.key)] = value;
    }
  }
  return values;
}

}  // namespace pawl::validator
