// Verdict and Reason: the answers of a check.
//
// A verdict is yes or no; a reason says why. Neither is ever a Status: a
// refusal is a normal answer. Stored in audit and attempt rows: do not
// renumber (tests/db/golden_test.cc).
#pragma once

#include <string_view>

namespace pawl::db {

enum class Verdict : int { kAccepted = 1, kRefused = 2 };

enum class Reason : int {
  kGoodCode = 1,        // fresh code, right PIN: the only way in
  kReplayed = 2,        // the code was used before, or has been passed
  kWrongCode = 3,       // no token of the account stands behind this code
  kWrongPin = 4,        // a fresh code with a wrong PIN; the code is used up
  kMalformed = 5,       // nothing an enrolled token could have produced
  kThrottled = 6,       // too many failures; not looked at, try later
  kLocked = 7,          // 100 consecutive failures; an administrator unlocks
  kUnknownAccount = 8,  // no account has this login
  kUnknownToken = 9,    // no token has this public id or token id
  kAccountDisabled = 10,
  kTokenDisabled = 11,
  kNoToken = 12,         // the account has no usable token
  kAttemptReused = 13,   // attempt_id was used for another credential before
  kNotConsecutive = 14,  // resync: the two codes do not follow each other
};

// kAccepted exactly for kGoodCode.
[[nodiscard]] constexpr Verdict VerdictOf(Reason reason) {
  return reason == Reason::kGoodCode ? Verdict::kAccepted : Verdict::kRefused;
}

// "GOOD_CODE", "REPLAYED", ...: the names used in proto, audit and logs. Empty
// for a number that is no reason.
[[nodiscard]] std::string_view ToString(Reason reason);

// Things worth knowing about a check; a bit set, stored with attempts.
enum class Hint : unsigned {
  kRepeatedAttempt = 1U << 0U,  // the stored answer to the same attempt_id
  kCounterJump = 1U << 1U,      // counters in between were skipped
  kClockDrift = 1U << 2U,       // a time-based token runs fast or slow
  kKeyboardLayout = 1U << 3U,   // typed through a Dvorak layout
  kUpperCase = 1U << 4U,        // typed with caps lock
};
using Hints = unsigned;
[[nodiscard]] constexpr Hints operator|(Hints hints, Hint hint) {
  return hints | static_cast<Hints>(hint);
}
[[nodiscard]] constexpr bool Has(Hints hints, Hint hint) {
  return (hints & static_cast<Hints>(hint)) != 0;
}

}  // namespace pawl::db
