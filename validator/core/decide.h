// Decide: the rules of a check, as pure functions from what is known to
// {reason, changes}. Nothing is written here; db::Store::Commit() writes the
// changes, and its result is the verdict. The steps D1.. are DESIGN.md's.
//
// A right code with a wrong PIN burns the code, so that every guess at the PIN
// costs a fresh code; a code that was used before is REPLAYED whatever PIN
// stands in front of it, so that old codes teach nothing about the PIN.
//
// Pure: no I/O, clock, randomness or logging. Thread-safe.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/time.h"
#include "db/record.h"
#include "validator/core/prove.h"
#include "validator/core/throttle.h"

namespace pawl::validator {

struct Policy {
  ThrottlePolicy throttle;
};

// What to answer and what to write. Indexes are into the tokens given.
struct Decision {
  db::Reason reason = db::Reason::kWrongCode;
  bool guess = true;  // counts as a failure of the account
  std::optional<size_t> token = std::nullopt;  // the one whose code it was
  db::AccountChange account;
  std::vector<std::pair<size_t, db::TokenChange>> tokens;
  db::Hints hints = 0;
  Millis retry_after{0};  // positive exactly for kThrottled
};

// An account's login: `tokens` are all its live tokens, `proofs` every reading
// of the credential.
[[nodiscard]] Decision DecideLogin(const db::AccountRecord& account,
                                   std::span<const db::TokenRecord> tokens,
                                   std::span<const Proof> proofs,
                                   const Policy& policy, UnixTime now);

// A code alone, for one token. PINs play no part.
[[nodiscard]] Decision DecideOtp(const db::TokenRecord& token,
                                 std::span<const Proof> proofs,
                                 const Policy& policy, UnixTime now);

// A resynchronisation of one token. A failure counts like a wrong code.
[[nodiscard]] Decision DecideResync(const db::TokenRecord& token,
                                    const ResyncProof& proof,
                                    const Policy& policy, UnixTime now);

}  // namespace pawl::validator
