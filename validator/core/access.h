// Access: which credential an account's policy lets in at which service (the
// table of account policies). Nothing here looks at a credential itself.
//
// Pure; thread-safe.
#pragma once

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

}  // namespace pawl::validator
