// Verdict and Reason: the answers of a check.
//
// A verdict is yes or no; a reason says why. Neither is ever a Status: a
// refusal is a normal answer. Stored in audit and attempt rows: do not
// renumber (tests/db/golden_test.cc).
#pragma once

#include <string_view>

namespace pawl::db {

// kDelegated: the account password decides, and it is kept by the caller.
// Never a yes.
enum class Verdict : int { kAccepted = 1, kRefused = 2, kDelegated = 3 };

enum class Reason : int {
  kGoodCode = 1,        // fresh code, right PIN
  kReplayed = 2,        // the code was used before, or has been passed
  kWrongCode = 3,       // no token of the account stands behind this code
  kWrongPin = 4,        // a fresh code with a wrong PIN; the code is used up
  kMalformed = 5,       // nothing an enrolled token could have produced
  kThrottled = 6,       // too many failures; not looked at, try later
  kLocked = 7,          // 100 wrong codes in a row; an administrator unlocks
  kUnknownAccount = 8,  // no account has this login
  kUnknownToken = 9,    // no token has this public id or token id
  kAccountDisabled = 10,
  kTokenDisabled = 11,
  kNoToken = 12,         // the account has no usable token
  kAttemptReused = 13,   // attempt_id was used for another credential before
  kNotConsecutive = 14,  // resync: the two codes do not follow each other
  kGoodPassword = 15,    // the right account password
  kGoodDevicePassword = 16,
  kGoodSession = 17,       // a session credential
  kGoodRecoveryCode = 18,  // an unused recovery or temporary code, right PIN
  kDelegate = 19,          // the account password decides, kept by the caller
  kWrongPassword = 20,
  kWrongDevicePassword = 21,  // also of a device that is gone
  kDeviceExpired = 22,
  kPolicy = 23,  // the policy has no such credential for this service
  kScope = 24,   // the device was not made for this service
};

[[nodiscard]] constexpr Verdict VerdictOf(Reason reason) {
  switch (reason) {
    case Reason::kGoodCode:
    case Reason::kGoodPassword:
    case Reason::kGoodDevicePassword:
    case Reason::kGoodSession:
    case Reason::kGoodRecoveryCode:
      return Verdict::kAccepted;
    case Reason::kDelegate:
      return Verdict::kDelegated;
    case Reason::kReplayed:
    case Reason::kWrongCode:
    case Reason::kWrongPin:
    case Reason::kMalformed:
    case Reason::kThrottled:
    case Reason::kLocked:
    case Reason::kUnknownAccount:
    case Reason::kUnknownToken:
    case Reason::kAccountDisabled:
    case Reason::kTokenDisabled:
    case Reason::kNoToken:
    case Reason::kAttemptReused:
    case Reason::kNotConsecutive:
    case Reason::kWrongPassword:
    case Reason::kWrongDevicePassword:
    case Reason::kDeviceExpired:
    case Reason::kPolicy:
    case Reason::kScope:
      break;
  }
  return Verdict::kRefused;
}

[[nodiscard]] constexpr bool IsAccepted(Reason reason) {
  return VerdictOf(reason) == Verdict::kAccepted;
}

// "GOOD_CODE", "REPLAYED", ...: the names used in proto, audit and logs. Empty
// for a number that is no reason.
[[nodiscard]] std::string_view ToString(Reason reason);

// Things worth knowing about a check; a bit set, stored with attempts.
enum class Hint : unsigned {
  // The stored answer to the same attempt_id; with kReplayed perhaps the same
  // question of the Yubico protocol again.
  kRepeatedAttempt = 1U << 0U,
  kCounterJump = 1U << 1U,       // counters in between were skipped
  kClockDrift = 1U << 2U,        // a time-based token runs fast or slow
  kKeyboardLayout = 1U << 3U,    // typed through a Dvorak layout
  kUpperCase = 1U << 4U,         // typed with caps lock
  kFirstFactorKnown = 1U << 5U,  // the PIN was right, the code was not
  kCloneSuspected = 1U << 6U,    // a counter below one that was used already
  kDelayed = 1U << 7U,  // made long before it came, by the token's clock
};
using Hints = unsigned;
[[nodiscard]] constexpr Hints operator|(Hints hints, Hint hint) {
  return hints | static_cast<Hints>(hint);
}
[[nodiscard]] constexpr bool Has(Hints hints, Hint hint) {
  return (hints & static_cast<Hints>(hint)) != 0;
}

}  // namespace pawl::db
