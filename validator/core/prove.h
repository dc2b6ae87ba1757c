// Prove: which position does this code stand for?
//
// The cryptography of a check, given the opened secret. No storage, no clock:
// `now` comes in (I7). The work is bounded by the token's window (I8).
//
// Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "db/record.h"
#include "validator/core/credential.h"

namespace pawl::validator {

// What a reading turned out to be.
struct Proof {
  size_t token = 0;  // index, as in Reading
  bool pin_right = false;
  // The position the code stands for, above the token's last one.
  std::optional<db::Position> fresh = std::nullopt;
  // The code stands for a position that was used or passed already.
  bool stale = false;
  int64_t drift = 0;  // of a fresh match; as TokenRecord::drift
  db::Hints hints = 0;
};

// What the server that validates a token's OTPs says of one of them.
struct CloudAnswer {
  enum class Result { kGood, kReplayed, kBad };
  std::string otp{};  // public id and code, lower-case modhex
  Result result = Result::kBad;
  db::Position position = 0;  // with kGood, as of a Yubico token
  uint32_t timestamp = 0;     // with kGood: the key's clock, 24 bits
};

// The one to `otp` among `answers`; nullptr when there is none.
[[nodiscard]] const CloudAnswer* AnswerTo(std::string_view otp,
                                          std::span<const CloudAnswer> answers);

// Proves a reading of a token of kind kYubicloud by what servers have said;
// nothing is proved without an answer to this very OTP.
[[nodiscard]] Proof ProveByCloud(const db::TokenRecord& token,
                                 const Reading& reading,
                                 std::span<const CloudAnswer> answers,
                                 UnixTime now);

// What a YubiKey's clock showed, by the drift that it gave to its record
// `now`: 24 bits at 8 Hz.
[[nodiscard]] uint32_t KeyClock(int64_t drift, UnixTime now);

// Steps a token's clock may be away from ours, learned or resynchronised.
inline constexpr int64_t kMaxDrift = 1000;
// Counters ahead that a resynchronisation searches (HOTP).
inline constexpr uint64_t kHotpResyncWindow = 1000;

// Proves one reading of a token whose secret is here. `secret` is the opened
// secret of `token` (core/token_secret.h); `pin_right` of the result is left
// false. nullopt when the secret is not of the token's layout: a corrupt row.
[[nodiscard]] std::optional<Proof> Prove(const db::TokenRecord& token,
                                         std::span<const uint8_t> secret,
                                         const Reading& reading, UnixTime now);

// Where two consecutive codes put the token.
struct Resync {
  db::Position second = 0;  // the position of the second code
  int64_t drift = 0;
};

// The result of a resynchronisation search; no match when `found` is empty.
struct ResyncProof {
  std::optional<Resync> found = std::nullopt;
};

// Searches for `first` directly followed by `second`, both above the last
// position, in order (RFC 4226 section 7.4). HOTP looks kHotpResyncWindow
// ahead; TOTP and mOTP kMaxDrift steps around now. nullopt as for Prove().
[[nodiscard]] std::optional<ResyncProof> ProveResync(
    const db::TokenRecord& token, std::span<const uint8_t> secret,
    std::string_view first, std::string_view second, UnixTime now);

}  // namespace pawl::validator
