// The rows Pawl keeps, the changes that may be made to them, and Apply(): the
// one home of "a position only moves forward" (I1).
//
// Plain values. No I/O, no protobuf. Thread safety: like int.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/status.h"
#include "base/time.h"
#include "db/ids.h"
#include "db/reason.h"

namespace pawl::db {

// How far a token has been used: Yubico use counter << 8 | session use, HOTP
// counter that matched, TOTP step that matched, mOTP slot that matched. Only
// grows; below 2^63.
using Position = uint64_t;
inline constexpr Position kMaxPosition = (uint64_t{1} << 63U) - 1;

// True for what may be an id or a version: 1 to 2^63 - 1.
[[nodiscard]] bool IsStorable(uint64_t number);

// Stored: do not renumber.
enum class TokenKind : int { kYubico = 1, kHotp = 2, kTotp = 3, kMotp = 4 };
// "YUBICO", ...: the names of the API. Like the other
// ToString() of stored numbers, empty for a number that is none of them.
[[nodiscard]] std::string_view ToString(TokenKind kind);

// Consecutive failures of one account or token; validator/core/throttle.h
// decides what they mean.
struct ThrottleState {
  uint32_t failures = 0;
  UnixTime last_failure{};
  bool operator==(const ThrottleState&) const = default;
};

// A person's account. A stranger row (empty login) stands in for logins that
// do not exist, so that asking for one costs the same reads and writes as a
// real refusal; it has no tokens and never appears in lists.
struct AccountRecord {
  AccountId id{};
  uint64_t version = 1;
  std::string login{};    // ASCII lower case, unique; empty for strangers
  std::string pin_mac{};  // 32 bytes, or empty: the account has no PIN
  bool enabled = true;
  ThrottleState throttle{};
  UnixTime created{};
  UnixTime modified{};
  bool operator==(const AccountRecord&) const = default;
};

struct TokenRecord {
  TokenId id{};
  uint64_t version = 1;
  TokenKind kind = TokenKind::kYubico;
  std::optional<AccountId> account = std::nullopt;
  // A deleted token keeps its row without its secret, so that registering the
  // same secret again continues at the same position: no code comes back.
  bool deleted = false;
  bool enabled = true;
  // What the token types in front of a code, lower case: a Yubico public id
  // in modhex or a 12-character OATH token identifier; may be empty. Unique.
  std::string public_id{};
  std::string label{};
  Hash hash = Hash::kSha1;  // HOTP, TOTP
  int digits = 0;           // length of the code without public_id
  int64_t period = 0;       // seconds; TOTP, mOTP
  int64_t t0 = 0;           // seconds; TOTP
  uint32_t window = 0;      // HOTP look-ahead; TOTP, mOTP steps to each side
  std::optional<Position> position = std::nullopt;  // last used; none: never
  int64_t drift = 0;  // steps the token's clock is ahead; TOTP, mOTP
  ThrottleState throttle{};
  std::string sealed_secret{};  // db/seal.h; empty when deleted
  // Keyed hash of what makes the codes (16 bytes), unique: the same secret is
  // never registered twice, alive or deleted.
  std::string fingerprint{};
  UnixTime created{};
  UnixTime modified{};
  std::optional<UnixTime> last_used = std::nullopt;
  bool operator==(const TokenRecord&) const = default;
};

// What an API client may do; a bit set. Stored: do not renumber.
enum class Role : uint32_t { kLogin = 1, kAdmin = 2, kAudit = 4 };
using Roles = uint32_t;
[[nodiscard]] constexpr bool Has(Roles roles, Role role) {
  return (roles & static_cast<Roles>(role)) != 0;
}

// A program that may call Pawl over TCP.
struct ClientRecord {
  ClientId id{};
  uint64_t version = 1;
  std::string name{};     // unique
  std::string key_mac{};  // 32 bytes: keyed hash of the bearer key
  Roles roles = 0;
  bool see_reasons = false;  // gets reasons, not only accepted/refused
  UnixTime created{};
  UnixTime modified{};
  bool operator==(const ClientRecord&) const = default;
};

// Who did what, with which outcome. Written in the same commit as what it
// tells of. Stored: do not renumber.
enum class Event : int {
  kLoginChecked = 1,
  kOtpChecked = 2,
  kTokenResynced = 3,
  kAccountCreated = 10,
  kAccountRenamed = 11,
  kAccountPinSet = 12,
  kAccountEnabled = 13,
  kAccountDisabled = 14,
  kAccountUnlocked = 15,
  kAccountDeleted = 16,
  kTokenRegistered = 20,
  kTokenUpdated = 21,
  kTokenEnabled = 22,
  kTokenDisabled = 23,
  kTokenUnlocked = 24,
  kTokenAssigned = 25,
  kTokenUnassigned = 26,
  kTokenDeleted = 27,
  kClientCreated = 30,
  kClientDeleted = 31,
};
[[nodiscard]] std::string_view ToString(Event event);

struct AuditEntry {
  int64_t sequence = 0;  // given by the store, grows
  UnixTime at{};
  Event event = Event::kLoginChecked;
  std::optional<Reason> reason = std::nullopt;  // of a check
  std::string caller{};                         // client id, or "local"
  std::optional<AccountId> account = std::nullopt;
  std::optional<TokenId> token = std::nullopt;
  std::optional<ClientId> client = std::nullopt;  // for client events
  std::optional<Position> position = std::nullopt;
  Hints hints = 0;
  std::string service{};         // as the caller named it
  std::string client_address{};  // as the caller named it
  bool operator==(const AuditEntry&) const = default;
};

// The answer given to one attempt_id, kept for a bounded time so that a retry
// is not a replay (mission E2).
struct AttemptRecord {
  std::string key{};      // 16 bytes: keyed hash of caller and attempt_id
  std::string binding{};  // 16 bytes: keyed hash of all that was asked
  Reason reason = Reason::kWrongCode;
  std::optional<AccountId> account = std::nullopt;
  std::optional<TokenId> token = std::nullopt;
  Hints hints = 0;
  UnixTime created{};
  UnixTime expires{};
  bool operator==(const AttemptRecord&) const = default;
};

// What a check or an administrator may change on a token. Absent = unchanged.
struct TokenChange {
  std::optional<Position> advance_to = std::nullopt;
  std::optional<int64_t> drift = std::nullopt;
  std::optional<ThrottleState> throttle = std::nullopt;
  std::optional<UnixTime> used_at = std::nullopt;
  std::optional<bool> enabled = std::nullopt;
  std::optional<std::string> label = std::nullopt;
  std::optional<uint32_t> window = std::nullopt;
  std::optional<std::optional<AccountId>> account = std::nullopt;
  bool erase = false;  // deletes: drops secret, public id, label and account
  [[nodiscard]] bool Empty() const;
};

struct AccountChange {
  std::optional<ThrottleState> throttle = std::nullopt;
  std::optional<std::string> login = std::nullopt;
  std::optional<std::string> pin_mac = std::nullopt;
  std::optional<bool> enabled = std::nullopt;
  [[nodiscard]] bool Empty() const;
};

// The record after the change, version + 1, modified at `now`.
// FAILED_PRECONDITION when advance_to is not above the position: a position
// only moves forward (I1), and equal is a replay.
[[nodiscard]] StatusOr<TokenRecord> Apply(const TokenRecord& before,
                                          const TokenChange& change,
                                          UnixTime now);
[[nodiscard]] AccountRecord Apply(const AccountRecord& before,
                                  const AccountChange& change, UnixTime now);

// The rules every replacement of a row must keep, whoever made it; Store
// checks them at each commit. INTERNAL when `after` is not the same row one
// version later, when a token's position is lost or lower or its kind or
// fingerprint is another, or when a stranger gets a login or an account loses
// its own.
[[nodiscard]] Status CheckReplacement(const TokenRecord& before,
                                      const TokenRecord& after);
[[nodiscard]] Status CheckReplacement(const AccountRecord& before,
                                      const AccountRecord& after);
[[nodiscard]] Status CheckReplacement(const ClientRecord& before,
                                      const ClientRecord& after);

// The first field with a value that no right record has (an unknown enum
// number, an id of 0, a MAC of another size, a live token without a secret),
// or empty. Store refuses to write such a record, engines to read one.
[[nodiscard]] std::string_view MalformedField(const AccountRecord& account);
[[nodiscard]] std::string_view MalformedField(const TokenRecord& token);
[[nodiscard]] std::string_view MalformedField(const ClientRecord& client);
[[nodiscard]] std::string_view MalformedField(const AttemptRecord& attempt);
[[nodiscard]] std::string_view MalformedField(const AuditEntry& entry);

}  // namespace pawl::db
