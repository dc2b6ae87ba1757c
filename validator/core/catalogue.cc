#include "validator/core/catalogue.h"

#include <algorithm>
#include <utility>

namespace pawl::validator {
namespace {

constexpr size_t kMaxNameBytes = 32;

bool IsName(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), fits);
}

// All parts, empty ones too: what was left out by mistake must not make what
// follows it something else.
std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator)) {
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.emplace_back(text);
  return parts;
}

Status NotAName(std::string_view field, std::string_view text) {
  return InvalidField(field, "\"" + std::string(text) +
                                 "\" is not a name of lower-case letters, "
                                 "digits, '-', '_' and '.'");
}

// "name", "name:scope" or "name:scope:internal".
StatusOr<Service> ParseService(std::string_view field, std::string_view text,
                               ServiceKind kind) {
  const std::vector<std::string> parts = Split(text, ':');
  const size_t most = kind == ServiceKind::kSync ? 3 : 1;
  const bool whole =
      std::none_of(parts.begin(), parts.end(),
                   [](const std::string& part) { return part.empty(); });
  if (!whole || parts.size() > most ||
      (parts.size() == 3 && parts[2] != "internal")) {
    return InvalidField(
        field,
        "\"" + std::string(text) + "\" is not of the form " +
            (kind == ServiceKind::kSync ? "name:scope or name:scope:internal"
                                        : "name"));
  }
  Service service{.name = parts[0], .kind = kind};
  if (parts.size() > 1) {
    service.scope = parts[1];
  }
  service.internal = parts.size() == most && most == 3;
  if (!IsName(service.name) ||
      (!service.scope.empty() && !IsName(service.scope))) {
    return NotAName(field, text);
  }
  return service;
}

}  // namespace

StatusOr<Catalogue> Catalogue::Parse(std::string_view interactive,
                                     std::string_view sync,
                                     std::string_view types) {
  Catalogue made;
  PAWL_RETURN_IF_ERROR(made.AddServices("services.interactive", interactive,
                                        ServiceKind::kInteractive));
  PAWL_RETURN_IF_ERROR(
      made.AddServices("services.sync", sync, ServiceKind::kSync));
  std::sort(made.services_.begin(), made.services_.end(),
            [](const Service& a, const Service& b) { return a.name < b.name; });
  PAWL_RETURN_IF_ERROR(made.AddTypes(types));
  return made;
}

Catalogue Catalogue::Default() {
  return Parse(kInteractive, kSync, kDeviceTypes).value();
}

Status Catalogue::AddServices(std::string_view field, std::string_view text,
                              ServiceKind kind) {
  for (const std::string& part : SplitNames(text)) {
    PAWL_ASSIGN_OR_RETURN(Service service, ParseService(field, part, kind));
    const bool is_new = std::none_of(
        services_.begin(), services_.end(),
        [&](const Service& other) { return other.name == service.name; });
    if (!is_new) {
      return InvalidField(field, "\"" + service.name + "\" comes twice");
    }
    services_.push_back(std::move(service));
  }
  return OkStatus();
}

Status Catalogue::AddTypes(std::string_view text) {
  constexpr std::string_view kField = "devices.types";
  for (const std::string& part : SplitNames(text)) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos) {
      return InvalidField(kField,
                          "\"" + part + "\" is not of the form name=scope,...");
    }
    DeviceType type{
        .name = part.substr(0, equals),
        .scopes = Split(std::string_view(part).substr(equals + 1), ',')};
    if (!IsName(type.name)) {
      return NotAName(kField, part);
    }
    if (FindType(type.name) != nullptr) {
      return InvalidField(kField, "\"" + type.name + "\" comes twice");
    }
    for (const std::string& scope : type.scopes) {
      if (!IsScopeOrSync(scope)) {
        return InvalidField(kField, "\"" + scope +
                                        "\" is neither a scope nor a sync "
                                        "service");
      }
    }
    types_.push_back(std::move(type));
  }
  return OkStatus();
}

bool Catalogue::IsScopeOrSync(std::string_view name) const {
  // The scope of a service that has none is no scope.
  return !name.empty() &&
         std::any_of(services_.begin(), services_.end(),
                     [&](const Service& service) {
                       return service.kind == ServiceKind::kSync &&
                              (service.scope == name || service.name == name);
                     });
}

const Service* Catalogue::Find(std::string_view name) const {
  const auto found =
      std::lower_bound(services_.begin(), services_.end(), name,
                       [](const Service& service, std::string_view wanted) {
                         return service.name < wanted;
                       });
  return found != services_.end() && found->name == name ? &*found : nullptr;
}

const DeviceType* Catalogue::FindType(std::string_view name) const {
  const auto found =
      std::find_if(types_.begin(), types_.end(),
                   [&](const DeviceType& type) { return type.name == name; });
  return found == types_.end() ? nullptr : &*found;
}

std::string JoinNames(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) {
    joined += joined.empty() ? "" : " ";
    joined += name;
  }
  return joined;
}

std::vector<std::string> SplitNames(std::string_view names) {
  std::vector<std::string> parts = Split(names, ' ');
  std::erase(parts, std::string());
  return parts;
}

bool HasName(std::string_view names, std::string_view name) {
  while (!names.empty() && !name.empty()) {
    const size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) {
      return true;
    }
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

bool Opens(std::string_view scopes, const Service& service) {
  return service.kind == ServiceKind::kSync &&
         (HasName(scopes, service.name) ||
          (!service.scope.empty() && HasName(scopes, service.scope)));
}

}  // namespace pawl::validator
