// Config: what an administrator may set, from four sources.
//
// Later sources win: built-in default, TOML file, environment (PAWL_ and the
// key in capitals, dots as underscores), command line flag (--key, dots and
// underscores as hyphens). Strict: an unknown key, a wrong type or an
// impossible value is an error, and all problems are reported together.
//
// Secrets are never in here, only paths of files that hold them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/log.h"
#include "base/time.h"
#include "db/record.h"
#include "validator/core/catalogue.h"
#include "validator/core/throttle.h"

namespace pawl::validator {

struct Config {
  std::filesystem::path data_dir;    // default: base/paths.h
  std::string store;                 // default: sqlite:<data_dir>/pawl.db
  std::filesystem::path master_key;  // default: <data_dir>/master.key
  std::filesystem::path socket;      // default: <data_dir>/pawld.sock
  std::string listen_host;
  int listen_port = 0;
  std::filesystem::path tls_cert;
  std::filesystem::path tls_key;
  std::filesystem::path tls_client_ca;
  Severity log_level = Severity::kInfo;
  size_t pin_min_length = 4;
  Millis attempt_ttl = std::chrono::minutes(10);
  ThrottlePolicy throttle;
  Networks trusted_sources;
  Catalogue catalogue;
  db::AccountPolicy default_policy = db::AccountPolicy::kOtpWebDevicePasswords;
  bool device_passwords = true;
  Millis session_ttl = std::chrono::hours(12);
  size_t password_threads = 2;
  std::string http_host;  // empty: no HTTP
  int http_port = 0;
  bool http_tls = true;  // when there is a certificate
  bool http_plaintext_anywhere = false;
  std::map<std::string, std::string, std::less<>> http_basic_paths;
  std::string http_device_sign_in;          // a service; empty: none
  std::vector<std::string> yubicloud_urls;  // empty: not used
  int64_t yubicloud_client = 0;
  std::filesystem::path yubicloud_key_file;
  std::filesystem::path yubicloud_ca_file;
  Millis yubicloud_timeout = std::chrono::seconds(5);
  // What `catalogue` is made of.
  std::string interactive_services{Catalogue::kInteractive};
  std::string sync_services{Catalogue::kSync};
  std::string device_types{Catalogue::kDeviceTypes};
};

// One setting: its key ("throttle.max_delay"), what it is for, and how a text
// becomes its value. `set` returns what is wrong with the text, or "".
struct Setting {
  std::string_view key;
  std::string_view help;
  bool is_number = false;  // in TOML: an integer, otherwise a string
  std::string (*set)(Config& config, std::string_view text) = nullptr;
};

// Every setting there is.
[[nodiscard]] std::span<const Setting> Settings();

// "PAWL_THROTTLE_MAX_DELAY", "--throttle-max-delay".
[[nodiscard]] std::string EnvironmentName(std::string_view key);
[[nodiscard]] std::string FlagName(std::string_view key);

// Texts by key.
using Values = std::map<std::string, std::string, std::less<>>;

struct ConfigSources {
  std::string toml{};       // the file's contents
  std::string toml_name{};  // for messages; empty: there is no file
  Values environment{};
  Values flags{};
};

struct ConfigResult {
  Config config;
  std::vector<std::string> problems;  // empty: the configuration is good
};

// Reads everything and checks it as a whole. Opens no file.
[[nodiscard]] ConfigResult LoadConfig(const ConfigSources& sources);

// The settings in a TOML text, as texts; problems are added.
[[nodiscard]] Values ReadToml(std::string_view toml, std::string_view name,
                              std::vector<std::string>& problems);

}  // namespace pawl::validator
