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
#include "db/spare_codes.h"
#include "validator/core/prove.h"
#include "validator/core/throttle.h"

namespace pawl::validator {

// What to answer and what to write. Indexes are into the tokens given.
struct Decision {
  db::Reason reason = db::Reason::kWrongCode;
  // What a failure costs; none: it is no guess.
  std::optional<db::Cause> cause = std::nullopt;
  std::optional<size_t> token = std::nullopt;  // the one whose code it was
  db::AccountChange account{};
  std::vector<std::pair<size_t, db::TokenChange>> tokens{};
  db::Hints hints = 0;
  Millis retry_after{0};  // positive exactly for kThrottled
};

// True for a token that may open something, unless it is locked.
[[nodiscard]] bool IsUsable(const db::TokenRecord& token);

// A recovery or temporary code that the credential ends in.
struct SpareProof {
  size_t code = 0;  // index
  bool pin_right = false;
};

// What is known of one login with a code. `tokens` are all live tokens that
// `proofs` speak of, `gate` that of the budgets.
struct LoginFacts {
  const db::AccountRecord& account;
  std::span<const db::TokenRecord> tokens{};
  std::span<const Proof> proofs{};
  std::span<const db::SpareCode> spare_codes{};
  std::optional<SpareProof> spare = std::nullopt;
  GateState gate{};
};

// PIN and code of an account.
[[nodiscard]] Decision DecideLogin(const LoginFacts& facts,
                                   const ThrottlePolicy& policy, UnixTime now);

// The account password, found `right` or not. Ask only with an open gate.
[[nodiscard]] Decision DecidePassword(const db::AccountRecord& account,
                                      bool right, UnixTime now);

// What refuses an account's login before the credential is looked at: nobody's
// name, disabled, a closed gate.
[[nodiscard]] std::optional<Decision> RefuseAtOnce(
    const db::AccountRecord& account, const GateState& gate, UnixTime now);

// A code alone, for one token. PINs play no part. `confirming`: it is the first
// code of a token that was enrolled by its owner, and makes it active.
[[nodiscard]] Decision DecideOtp(const db::TokenRecord& token,
                                 std::span<const Proof> proofs,
                                 const GateState& gate, bool confirming,
                                 const ThrottlePolicy& policy, UnixTime now);

// A resynchronisation of one token. A failure counts like a wrong code.
[[nodiscard]] Decision DecideResync(const db::TokenRecord& token,
                                    const ResyncProof& proof,
                                    const ThrottlePolicy& policy, UnixTime now);

// The account's failure is counted in its own row too, so that a check sees
// from there whether budgets matter: adds that to `decision`.
void CountOnAccount(const db::AccountRecord& account, UnixTime now,
                    Decision& decision);

}  // namespace pawl::validator
