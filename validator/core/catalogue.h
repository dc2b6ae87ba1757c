// Catalogue: the services people log in to, and the device types they choose
// from, as the configuration has them.
//
// A service is interactive (it can ask for a code: a web page) or sync (it
// cannot: IMAP), and may belong to a scope (mail, calendar, ...). What a device
// opens is a list of names, each a scope or a service.
//
// Thread safety: immutable once made; all const methods may be called from any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace pawl::validator {

enum class ServiceKind { kInteractive, kSync };

struct Service {
  std::string name{};
  ServiceKind kind = ServiceKind::kSync;
  std::string scope{};    // empty: none
  bool internal = false;  // a session may open it under OTP_ONLY
};

struct DeviceType {
  std::string name{};
  std::vector<std::string> scopes{};
};

class Catalogue {
 public:
  // What there is without configuration.
  static constexpr std::string_view kInteractive =
      "web webmail groupware office admin settings";
  static constexpr std::string_view kSync =
      "imap:mail pop3:mail smtp:mail sieve:mail webdav:files caldav:calendar "
      "carddav:contacts activesync:activesync api:api mailbox:mail:internal";
  static constexpr std::string_view kDeviceTypes =
      "mail=mail drive=files calendar=calendar contacts=contacts "
      "activesync=activesync "
      "sync=mail,files,calendar,contacts,activesync api=api";

  // `interactive`: names with blanks between. `sync`: "name", "name:scope" or
  // "name:scope:internal". `types`: "name=scope,scope". Names have 1 to 32
  // lower-case letters, digits, '-', '_' and '.'. INVALID_ARGUMENT naming
  // "services.interactive", "services.sync" or "devices.types" when a text does
  // not have its form, a name comes twice, or a type opens what is no scope and
  // no sync service.
  [[nodiscard]] static StatusOr<Catalogue> Parse(std::string_view interactive,
                                                 std::string_view sync,
                                                 std::string_view types);
  // That of the three constants.
  [[nodiscard]] static Catalogue Default();

  // nullptr when there is none.
  [[nodiscard]] const Service* Find(std::string_view name) const;
  [[nodiscard]] const DeviceType* FindType(std::string_view name) const;
  // By name.
  [[nodiscard]] const std::vector<Service>& services() const {
    return services_;
  }
  // In the order given.
  [[nodiscard]] const std::vector<DeviceType>& types() const { return types_; }

 private:
  [[nodiscard]] Status AddServices(std::string_view field,
                                   std::string_view text, ServiceKind kind);
  [[nodiscard]] Status AddTypes(std::string_view text);
  [[nodiscard]] bool IsScopeOrSync(std::string_view name) const;

  std::vector<Service> services_;
  std::vector<DeviceType> types_;
};

// `names` as they lie in a row: blanks between.
[[nodiscard]] std::string JoinNames(const std::vector<std::string>& names);
[[nodiscard]] std::vector<std::string> SplitNames(std::string_view names);
// True when one of `names`, as they lie in a row, is `name`.
[[nodiscard]] bool HasName(std::string_view names, std::string_view name);
// True when a device with `scopes`, as they lie in its row, opens `service`.
[[nodiscard]] bool Opens(std::string_view scopes, const Service& service);

}  // namespace pawl::validator
