#include "validator/config.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/address.h"
#include "base/paths.h"
#include "validator/core/pin.h"

namespace pawl::validator {
namespace {

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.end()) {
    return std::nullopt;
  }
  return value;
}

// A whole number with a unit: "500ms", "30s", "10m", "1h".
std::optional<Millis> ParseDuration(std::string_view text) {
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<int64_t> count = ParseNumber(text.substr(0, digits));
  for (const auto& [unit, factor] : kUnits) {
    if (text.substr(digits) == unit && count.has_value() &&
        *count <= INT64_MAX / factor) {
      return Millis(*count * factor);
    }
  }
  return std::nullopt;
}

template <typename T>
std::string SetNumber(T& target, std::string_view text, int64_t min,
                      int64_t max) {
  const std::optional<int64_t> value = ParseNumber(text);
  if (!value.has_value() || *value < min || *value > max) {
    return "must be a number from " + std::to_string(min) + " to " +
           std::to_string(max);
  }
  target = static_cast<T>(*value);
  return {};
}

std::string SetDuration(Millis& target, std::string_view text, Millis min,
                        Millis max) {
  const std::optional<Millis> value = ParseDuration(text);
  if (!value.has_value() || *value < min || *value > max) {
    return "must be a time like \"30s\" or \"10m\", from " +
           std::to_string(min.count()) + "ms to " +
           std::to_string(max.count()) + "ms";
  }
  target = *value;
  return {};
}

std::string SetPath(std::filesystem::path& target, std::string_view text) {
  if (text.empty()) {
    return "must not be empty";
  }
  target = text;
  return {};
}

std::string SetListen(Config& config, std::string_view text) {
  constexpr int64_t kMaxPort = 65535;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return "must be HOST:PORT, for example 127.0.0.1:7295";
  }
  config.listen_host = text.substr(0, colon);
  return SetNumber(config.listen_port, text.substr(colon + 1), 0, kMaxPort)
                 .empty()
             ? std::string()
             : "must end in a port from 0 to 65535";
}

std::string SetLogLevel(Config& config, std::string_view text) {
  constexpr std::pair<std::string_view, Severity> kLevels[] = {
      {"debug", Severity::kDebug},
      {"info", Severity::kInfo},
      {"warning", Severity::kWarning},
      {"error", Severity::kError}};
  for (const auto& [name, severity] : kLevels) {
    if (text == name) {
      config.log_level = severity;
      return {};
    }
  }
  return "must be debug, info, warning or error";
}

std::string SetPolicy(Config& config, std::string_view text) {
  constexpr std::pair<std::string_view, db::AccountPolicy> kPolicies[] = {
      {"password", db::AccountPolicy::kPassword},
      {"otp-web", db::AccountPolicy::kOtpWeb},
      {"otp-web-device-passwords", db::AccountPolicy::kOtpWebDevicePasswords},
      {"otp-only", db::AccountPolicy::kOtpOnly}};
  for (const auto& [name, policy] : kPolicies) {
    if (text == name) {
      config.default_policy = policy;
      return {};
    }
  }
  return "must be password, otp-web, otp-web-device-passwords or otp-only";
}

std::string SetYesNo(bool& target, std::string_view text) {
  if (text != "yes" && text != "no") {
    return "must be yes or no";
  }
  target = text == "yes";
  return {};
}

std::string SetNetworks(Networks& target, std::string_view text) {
  std::optional<Networks> networks = Networks::Parse(text);
  if (!networks.has_value()) {
    return "must be addresses and networks with blanks between, for example "
           "\"192.0.2.0/24 2001:db8::/32\"";
  }
  target = *std::move(networks);
  return {};
}

using namespace std::chrono_literals;

constexpr Setting kSettings[] = {
    {"data_dir", "directory of database, keys and socket (0700)", false,
     [](Config& c, std::string_view t) { return SetPath(c.data_dir, t); }},
    {"store",
     "sqlite:PATH, postgresql://..., or memory: (everything is lost at exit)",
     false,
     [](Config& c, std::string_view t) {
       c.store = t;
       return t.empty() ? std::string("must not be empty") : std::string();
     }},
    {"master_key", "file of the master key (0600), made when missing", false,
     [](Config& c, std::string_view t) { return SetPath(c.master_key, t); }},
    {"socket", "Unix socket for local administration", false,
     [](Config& c, std::string_view t) { return SetPath(c.socket, t); }},
    {"listen", "HOST:PORT for gRPC; beyond loopback only with TLS", false,
     SetListen},
    {"tls_cert", "PEM file of the certificate chain", false,
     [](Config& c, std::string_view t) { return SetPath(c.tls_cert, t); }},
    {"tls_key", "PEM file of its private key", false,
     [](Config& c, std::string_view t) { return SetPath(c.tls_key, t); }},
    {"tls_client_ca", "PEM file: demand client certificates signed by it",
     false,
     [](Config& c, std::string_view t) { return SetPath(c.tls_client_ca, t); }},
    {"log_level", "debug, info, warning or error", false, SetLogLevel},
    {"pin_min_length", "least number of characters of a new PIN", true,
     [](Config& c, std::string_view t) {
       return SetNumber(c.pin_min_length, t, kMinPinCharacters,
                        kMaxPinCharacters);
     }},
    {"attempt_ttl", "how long an attempt_id gets its answer again", false,
     [](Config& c, std::string_view t) {
       return SetDuration(c.attempt_ttl, t, 1s, 24h);
     }},
    {"throttle.free_failures",
     "from this many failures in a row on, each costs a delay", true,
     [](Config& c, std::string_view t) {
       return SetNumber(c.throttle.free_failures, t, 1, 100);
     }},
    {"throttle.first_delay", "delay after the first failure that costs", false,
     [](Config& c, std::string_view t) {
       return SetDuration(c.throttle.first_delay, t, 100ms, 1h);
     }},
    {"throttle.max_delay", "the delay doubles up to this", false,
     [](Config& c, std::string_view t) {
       return SetDuration(c.throttle.max_delay, t, 100ms, 1h);
     }},
    {"throttle.lock_after",
     "wrong codes in a row that lock a token, at most 100", true,
     [](Config& c, std::string_view t) {
       return SetNumber(c.throttle.lock_at, t, 1, 100);
     }},
    {"throttle.trusted_sources",
     "networks where nobody is stopped by failures from elsewhere", false,
     [](Config& c, std::string_view t) {
       return SetNetworks(c.trusted_sources, t);
     }},
    {"services.interactive", "services that can ask for a code", false,
     [](Config& c, std::string_view t) {
       c.interactive_services = t;
       return std::string();
     }},
    {"services.sync",
     "services that cannot: name:scope, or name:scope:internal", false,
     [](Config& c, std::string_view t) {
       c.sync_services = t;
       return std::string();
     }},
    {"devices.types", "what device passwords open: type=scope,scope", false,
     [](Config& c, std::string_view t) {
       c.device_types = t;
       return std::string();
     }},
    {"devices.session_ttl", "how long the session of a login is good", false,
     [](Config& c, std::string_view t) {
       return SetDuration(c.session_ttl, t, 1min, 168h);
     }},
    {"accounts.default_policy",
     "of new accounts: password, otp-web, otp-web-device-passwords, otp-only",
     false, SetPolicy},
    {"accounts.device_passwords",
     "whether new accounts may have device passwords: yes or no", false,
     [](Config& c, std::string_view t) {
       return SetYesNo(c.device_passwords, t);
     }},
    {"accounts.password_threads",
     "threads that hash account passwords, 19 MiB each", true,
     [](Config& c, std::string_view t) {
       return SetNumber(c.password_threads, t, 1, 64);
     }},
};

const Setting* Find(std::string_view key) {
  const auto* found =
      std::find_if(std::begin(kSettings), std::end(kSettings),
                   [&](const Setting& setting) { return setting.key == key; });
  return found == std::end(kSettings) ? nullptr : found;
}

void ApplyValues(const Values& values, std::string_view source, Config& config,
                 std::vector<std::string>& problems) {
  for (const auto& [key, text] : values) {
    const Setting* setting = Find(key);
    const std::string problem =
        setting == nullptr ? "is not a setting" : setting->set(config, text);
    if (!problem.empty()) {
      problems.push_back(std::string(source) + ": " + key + ": " + problem);
    }
  }
}

// What was left open follows from the data directory.
void FillDefaults(Config& config) {
  if (config.store.empty()) {
    config.store = "sqlite:" + (config.data_dir / "pawl.db").string();
  }
  if (config.master_key.empty()) {
    config.master_key = config.data_dir / "master.key";
  }
  if (config.socket.empty()) {
    config.socket = SocketPath(config.data_dir);
  }
}

void MakeCatalogue(Config& config, std::vector<std::string>& problems) {
  StatusOr<Catalogue> catalogue = Catalogue::Parse(
      config.interactive_services, config.sync_services, config.device_types);
  if (catalogue.ok()) {
    config.catalogue = *std::move(catalogue);
  } else {
    problems.push_back(MessageOf(catalogue.status()));
  }
}

void CheckWhole(const Config& config, std::vector<std::string>& problems) {
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    problems.emplace_back("tls_cert and tls_key must be set together");
  }
  if (config.tls_cert.empty() && !config.tls_client_ca.empty()) {
    problems.emplace_back("tls_client_ca needs tls_cert and tls_key");
  }
  if (config.tls_cert.empty() && !IsLoopback(config.listen_host)) {
    problems.emplace_back("listen: beyond loopback needs tls_cert and tls_key");
  }
  if (config.throttle.first_delay > config.throttle.max_delay) {
    problems.emplace_back(
        "throttle.first_delay must not be above throttle.max_delay");
  }
  if (config.throttle.free_failures > config.throttle.lock_at) {
    problems.emplace_back(
        "throttle.free_failures must not be above throttle.lock_after");
  }
}

std::string Rename(std::string_view key, char separator, bool capitals) {
  std::string name;
  for (const char c : key) {
    if (c == '.' || c == '_') {
      name.push_back(separator);
    } else {
      name.push_back(capitals ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return name;
}

}  // namespace

std::span<const Setting> Settings() {
  return kSettings;
}

std::string EnvironmentName(std::string_view key) {
  return "PAWL_" + Rename(key, '_', /*capitals=*/true);
}

std::string FlagName(std::string_view key) {
  return "--" + Rename(key, '-', /*capitals=*/false);
}

ConfigResult LoadConfig(const ConfigSources& sources) {
  ConfigResult result;
  Config& config = result.config;
  config.data_dir = DefaultDataDirectory();
  PAWL_CHECK(SetListen(config, kDefaultListenAddress).empty());
  if (!sources.toml_name.empty()) {
    ApplyValues(ReadToml(sources.toml, sources.toml_name, result.problems),
                sources.toml_name, config, result.problems);
  }
  ApplyValues(sources.environment, "environment", config, result.problems);
  ApplyValues(sources.flags, "command line", config, result.problems);
  FillDefaults(config);
  MakeCatalogue(config, result.problems);
  CheckWhole(config, result.problems);
  return result;
}

}  // namespace pawl::validator
