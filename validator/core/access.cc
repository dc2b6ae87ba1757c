#include "validator/core/access.h"

namespace pawl::validator {
namespace {

using db::AccountPolicy;
using db::DeviceKind;
using db::Reason;

// At an interactive service: a code, or under PASSWORD the account password.
bool PermitsInteractive(AccountPolicy policy, CredentialKind credential) {
  return credential == (policy == AccountPolicy::kPassword
                            ? CredentialKind::kAccountPassword
                            : CredentialKind::kCode);
}

bool PermitsSync(AccountPolicy policy, bool internal,
                 CredentialKind credential) {
  switch (credential) {
    case CredentialKind::kCode:
      return false;
    case CredentialKind::kAccountPassword:
      return policy == AccountPolicy::kPassword ||
             policy == AccountPolicy::kOtpWeb;
    case CredentialKind::kDevicePassword:
      return policy != AccountPolicy::kOtpOnly;
    case CredentialKind::kSession:
      return policy != AccountPolicy::kOtpOnly || internal;
  }
  return false;
}

// Whether the policy lets such a device open `service`; none: anything at all.
bool PermitsDevice(const db::AccountRecord& account, DeviceKind kind,
                   const Service* service) {
  const bool session = kind == DeviceKind::kSession;
  if (service == nullptr) {
    return session || (account.device_passwords &&
                       account.policy != AccountPolicy::kOtpOnly);
  }
  return MayUse(
      account, *service,
      session ? CredentialKind::kSession : CredentialKind::kDevicePassword);
}

}  // namespace

bool Permits(AccountPolicy policy, const Service& service,
             CredentialKind credential) {
  return service.kind == ServiceKind::kInteractive
             ? PermitsInteractive(policy, credential)
             : PermitsSync(policy, service.internal, credential);
}

bool MayUse(const db::AccountRecord& account, const Service& service,
            CredentialKind credential) {
  return Permits(account.policy, service, credential) &&
         (credential != CredentialKind::kDevicePassword ||
          account.device_passwords);
}

std::optional<Reason> ObstacleOf(const db::AccountRecord& account,
                                 const db::DeviceRecord& device,
                                 const Service* service, UnixTime now) {
  if (!account.enabled) {
    return Reason::kAccountDisabled;
  }
  if (device.expires.has_value() && *device.expires <= now) {
    return Reason::kDeviceExpired;
  }
  if (!PermitsDevice(account, device.kind, service)) {
    return Reason::kPolicy;
  }
  if (service != nullptr && !Opens(device.scopes, *service)) {
    return Reason::kScope;
  }
  return std::nullopt;
}

}  // namespace pawl::validator
