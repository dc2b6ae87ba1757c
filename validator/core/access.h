// Access: which credential an account's policy lets in at which service (the
// table of account policies), and what stands in a device's way there. Nothing
// here looks at a credential itself.
//
// Pure; thread-safe.
#pragma once

#include <optional>

#include "base/time.h"
#include "db/reason.h"
#include "db/record.h"
#include "validator/core/catalogue.h"

namespace pawl::validator {

// kCode: PIN and code, or PIN and recovery code.
enum class CredentialKind {
  kCode,
  kAccountPassword,
  kDevicePassword,
  kSession
};

[[nodiscard]] bool Permits(db::AccountPolicy policy, const Service& service,
                           CredentialKind credential);

// The same for an account, which may not be allowed device passwords at all.
[[nodiscard]] bool MayUse(const db::AccountRecord& account,
                          const Service& service, CredentialKind credential);

// Why a device's right password does not open `service` (none: anything at
// all): ACCOUNT_DISABLED, DEVICE_EXPIRED, POLICY, SCOPE; nullopt: it does.
[[nodiscard]] std::optional<db::Reason> ObstacleOf(
    const db::AccountRecord& account, const db::DeviceRecord& device,
    const Service* service, UnixTime now);

}  // namespace pawl::validator
