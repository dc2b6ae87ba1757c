// What the administration services share: who acts, the load-change-commit
// loop that survives a race with a login, and how rows are loaded and planned.
//
// Thread safety: all functions may be called from any thread.
#pragma once

#include <string>
#include <vector>

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

// The account with its tokens. NOT_FOUND for a stranger row, too: it is
// nobody's account.
[[nodiscard]] StatusOr<db::AccountSnapshot> GetPersonsAccount(db::Store& store,
                                                              db::AccountId id);

// All devices of one kind that an account has, however many pages they fill.
[[nodiscard]] StatusOr<std::vector<db::DeviceRecord>> DevicesOf(
    db::Store& store, db::AccountId account, db::DeviceKind kind);

// Adds to `commit` what `change` makes of a row.
void AddChange(const db::AccountRecord& account,
               const db::AccountChange& change, UnixTime now,
               db::Commit& commit);
[[nodiscard]] Status AddChange(const db::TokenRecord& token,
                               const db::TokenChange& change, UnixTime now,
                               db::Commit& commit);

// Removes `devices`, all of one account and not none, in one commit whose audit
// entry says how many they were.
[[nodiscard]] Status RemoveDevices(const AdminParts& parts,
                                   const std::vector<db::DeviceRecord>& devices,
                                   const std::string& caller);

}  // namespace pawl::validator
