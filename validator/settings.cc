// The settings, one by one: what each is for and how its text is read.
#include <charconv>
#include <optional>

#include "base/address.h"
#include "validator/config.h"
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

std::string SetAddress(std::string& host, int& port, std::string_view text) {
  constexpr int64_t kMaxPort = 65535;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return "must be HOST:PORT, for example 127.0.0.1:7295";
  }
  host = text.substr(0, colon);
  return SetNumber(port, text.substr(colon + 1), 0, kMaxPort).empty()
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

std::string SetPlaintext(bool& beyond_loopback, std::string_view text) {
  if (text != "loopback" && text != "anywhere") {
    return "must be loopback or anywhere";
  }
  beyond_loopback = text == "anywhere";
  return {};
}

// "/auth/mail=imap /auth/dav=caldav".
std::string SetPaths(std::map<std::string, std::string, std::less<>>& paths,
                     std::string_view text) {
  constexpr std::string_view kPrefix = "/auth/";
  paths.clear();
  for (const std::string& entry : SplitNames(text)) {
    const size_t equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string::npos ||
        equals == kPrefix.size() || entry.starts_with("/auth/basic=") ||
        equals + 1 == entry.size()) {
      return "must be like \"/auth/mail=imap /auth/dav=caldav\"";
    }
    paths[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
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
     [](Config& c, std::string_view t) {
       return SetAddress(c.listen_host, c.listen_port, t);
     }},
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
    {"http.listen", "HOST:PORT for HTTP; unset: there is none", false,
     [](Config& c, std::string_view t) {
       return SetAddress(c.http_host, c.http_port, t);
     }},
    {"http.tls", "whether HTTP speaks TLS, with tls_cert: yes or no", false,
     [](Config& c, std::string_view t) { return SetYesNo(c.http_tls, t); }},
    {"http.plaintext", "where HTTP may do without TLS: loopback or anywhere",
     false,
     [](Config& c, std::string_view t) {
       return SetPlaintext(c.http_plaintext_anywhere, t);
     }},
    {"http.basic_paths",
     "paths that check logins of one service for programs on this host: "
     "/auth/NAME=service",
     false,
     [](Config& c, std::string_view t) {
       return SetPaths(c.http_basic_paths, t);
     }},
    {"http.device_sign_in",
     "the sync service whose password POST /v1/devices takes; unset: none",
     false,
     [](Config& c, std::string_view t) {
       c.http_device_sign_in = t;
       return std::string();
     }},
    {"yubicloud.urls",
     "servers that validate keys of the YubiCloud, asked in turn", false,
     [](Config& c, std::string_view t) {
       c.yubicloud_urls = SplitNames(t);
       return std::string();
     }},
    {"yubicloud.client", "our number there", true,
     [](Config& c, std::string_view t) {
       return SetNumber(c.yubicloud_client, t, 1,
                        static_cast<int64_t>(db::kMaxWsapiId));
     }},
    {"yubicloud.key_file", "file (0600) of our key there, in base64", false,
     [](Config& c, std::string_view t) {
       return SetPath(c.yubicloud_key_file, t);
     }},
    {"yubicloud.ca_file",
     "PEM file of who signs their certificates; unset: "
     "the system's",
     false,
     [](Config& c, std::string_view t) {
       return SetPath(c.yubicloud_ca_file, t);
     }},
    {"yubicloud.timeout", "how long all of them together may take", false,
     [](Config& c, std::string_view t) {
       return SetDuration(c.yubicloud_timeout, t, 100ms, 60s);
     }},
};

}  // namespace

std::span<const Setting> Settings() {
  return kSettings;
}

}  // namespace pawl::validator
