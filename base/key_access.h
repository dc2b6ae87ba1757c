// GrantKeyAccess: the only mint of KeyAccess (base/secret.h).
//
// Including this file means "this file handles raw key material". The list of
// files that may do so is in tests/layering_test.py.
#pragma once

#include "base/secret.h"

namespace pawl {

[[nodiscard]] inline KeyAccess GrantKeyAccess() {
  return KeyAccess();
}

}  // namespace pawl
