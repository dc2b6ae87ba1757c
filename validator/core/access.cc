#include "validator/core/access.h"

namespace pawl::validator {
namespace {

using db::AccountPolicy;

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

}  // namespace

bool Permits(AccountPolicy policy, const Service& service,
             CredentialKind credential) {
  return service.kind == ServiceKind::kInteractive
             ? PermitsInteractive(policy, credential)
             : PermitsSync(policy, service.internal, credential);
}

}  // namespace pawl::validator
