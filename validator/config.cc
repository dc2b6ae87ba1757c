#include "validator/config.h"

#include <algorithm>

#include "base/address.h"
#include "base/paths.h"

namespace pawl::validator {
namespace {

const Setting* Find(std::string_view key) {
  const std::span<const Setting> all = Settings();
  const auto found =
      std::find_if(all.begin(), all.end(),
                   [&](const Setting& setting) { return setting.key == key; });
  return found == all.end() ? nullptr : &*found;
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

// A service that may be asked for without a person, or what is wrong with it.
void CheckService(const Config& config, std::string_view key,
                  std::string_view name, bool sync,
                  std::vector<std::string>& problems) {
  const Service* service = config.catalogue.Find(name);
  if (service == nullptr) {
    problems.push_back(std::string(key) + ": " + std::string(name) +
                       " is no service of this configuration");
  } else if (sync && service->kind != ServiceKind::kSync) {
    problems.push_back(std::string(key) + ": " + std::string(name) +
                       " must be a sync service");
  }
}

void CheckHttp(const Config& config, std::vector<std::string>& problems) {
  const bool tls = config.http_tls && !config.tls_cert.empty();
  if (!config.http_host.empty() && !tls && !config.http_plaintext_anywhere &&
      !IsLoopback(config.http_host)) {
    problems.emplace_back(
        "http.listen: beyond loopback needs tls_cert and http.tls = \"yes\", "
        "or "
        "http.plaintext = \"anywhere\"");
  }
  for (const auto& [path, service] : config.http_basic_paths) {
    CheckService(config, "http.basic_paths", service, false, problems);
  }
  if (!config.http_device_sign_in.empty()) {
    CheckService(config, "http.device_sign_in", config.http_device_sign_in,
                 true, problems);
  }
}

void CheckYubicloud(const Config& config, std::vector<std::string>& problems) {
  if (config.yubicloud_urls.empty()) {
    return;
  }
  if (config.yubicloud_client == 0 || config.yubicloud_key_file.empty()) {
    problems.emplace_back(
        "yubicloud.urls needs yubicloud.client and yubicloud.key_file");
  }
  for (const std::string& url : config.yubicloud_urls) {
    const bool to_this_host = url.starts_with("http://127.0.0.1:") ||
                              url.starts_with("http://[::1]:");
    if (url.find('@') != std::string::npos ||
        (!to_this_host && !url.starts_with("https://"))) {
      problems.push_back("yubicloud.urls: " + url +
                         " must begin with https://");
    }
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
  CheckHttp(config, problems);
  CheckYubicloud(config, problems);
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
  PAWL_CHECK(Find("listen")->set(config, kDefaultListenAddress).empty());
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
