#include "validator/service/fields.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "db/ids.h"
#include "validator/core/credential.h"

namespace pawl::validator {
namespace {

constexpr size_t kMaxLoginBytes = 256;
constexpr size_t kMinAttemptIdBytes = 16;
constexpr size_t kMaxAttemptIdBytes = 64;
constexpr size_t kMaxServices = 32;
constexpr size_t kMaxDeviceNameBytes = 128;

Status CheckLength(std::string_view field, std::string_view text, size_t min,
                   size_t max) {
  if (text.size() >= min && text.size() <= max) {
    return OkStatus();
  }
  return InvalidField(field, "must have " + std::to_string(min) + " to " +
                                 std::to_string(max) + " bytes");
}

}  // namespace

Status CheckAscii(std::string_view field, std::string_view text, size_t min,
                  size_t max) {
  PAWL_RETURN_IF_ERROR(CheckLength(field, text, min, max));
  const bool printable = std::all_of(
      text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? OkStatus()
                   : InvalidField(field, "must be printable ASCII");
}

Status CheckText(std::string_view field, std::string_view text, size_t min,
                 size_t max) {
  PAWL_RETURN_IF_ERROR(CheckLength(field, text, min, max));
  if (!IsValidUtf8(text)) {
    return InvalidField(field, "must be valid UTF-8");
  }
  return HasControlCharacters(text)
             ? InvalidField(field, "must not have control characters")
             : OkStatus();
}

Status CheckDeviceName(std::string_view field, std::string_view name) {
  return CheckText(field, name, 1, kMaxDeviceNameBytes);
}

Status CheckCredential(std::string_view field, std::string_view credential) {
  return credential.size() <= kMaxCredentialBytes
             ? OkStatus()
             : InvalidField(field, "is too long");
}

Status CheckAttemptId(std::string_view attempt_id) {
  return attempt_id.empty()
             ? OkStatus()
             : CheckAscii("attempt_id", attempt_id, kMinAttemptIdBytes,
                          kMaxAttemptIdBytes);
}

Status CheckServices(std::string_view field,
                     const std::vector<std::string>& services,
                     const Catalogue& catalogue) {
  if (services.size() > kMaxServices) {
    return InvalidField(
        field, "must not be more than " + std::to_string(kMaxServices));
  }
  for (const std::string& service : services) {
    if (catalogue.Find(service) == nullptr) {
      return InvalidField(field, kNoSuchService);
    }
  }
  return OkStatus();
}

StatusOr<std::string> NormalizeLogin(std::string_view field,
                                     std::string_view login) {
  PAWL_RETURN_IF_ERROR(CheckText(field, login, 1, kMaxLoginBytes));
  if (login.front() == ' ' || login.back() == ' ') {
    return InvalidField(field, "must not begin or end with a blank");
  }
  return AsciiLower(login);
}

StatusOr<std::string> AcceptNewLogin(std::string_view login) {
  PAWL_ASSIGN_OR_RETURN(std::string normal, NormalizeLogin("login", login));
  if (db::ParseId<db::DeviceTag>(normal).has_value() ||
      db::ParseId<db::AccountTag>(normal).has_value()) {
    return InvalidField("login", "must not have the form of an id");
  }
  return normal;
}

}  // namespace pawl::validator
