// What the administration services share: who acts, and the load-change-commit
// loop that survives a race with a login.
#pragma once

#include <string>

#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "db/seal.h"
#include "db/store.h"
#include "validator/service/keyed_hash.h"

namespace pawl::validator {

// The parts every administration service works with. All must outlive it.
struct AdminParts {
  db::Store* store = nullptr;
  const db::Sealer* sealer = nullptr;
  const KeyedHash* hash = nullptr;
  const Clock* clock = nullptr;
  Rng* rng = nullptr;
};

// A login may change a row between an administrator's read and write. Such a
// change is simply made again on the newer row; more than this many lost
// races in a row are the caller's to see.
inline constexpr int kAdminRounds = 4;

// Calls `change` (which loads, applies and commits, and returns a Status or
// StatusOr) until it does not lose a race.
template <typename Change>
[[nodiscard]] auto RetryOnRace(const Change& change) {
  auto result = change();
  for (int round = 1; round < kAdminRounds &&
                      internal::StatusOf(result).code() == StatusCode::kAborted;
       ++round) {
    result = change();
  }
  return result;
}

// The audit entry of an administrative event.
[[nodiscard]] inline db::AuditEntry AdminAudit(db::Event event, UnixTime now,
                                               const std::string& caller) {
  db::AuditEntry audit;
  audit.at = now;
  audit.event = event;
  audit.caller = caller;
  return audit;
}

}  // namespace pawl::validator
