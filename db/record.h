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
enum class TokenKind : int {
  kYubico = 1,
  kHotp = 2,
  kTotp = 3,
  kMotp = 4,
  kYubicloud = 5,  // a YubiKey whose OTPs another server validates
};
// True for what types Yubico OTPs, whoever can read them.
[[nodiscard]] constexpr bool IsYubiKey(TokenKind kind) {
  return kind == TokenKind::kYubico || kind == TokenKind::kYubicloud;
}
// "YUBICO", ...: the names of the API. Like the other
// ToString() of stored numbers, empty for a number that is none of them.
[[nodiscard]] std::string_view ToString(TokenKind kind);

// What an account lets in where (mission: account policies); the rules are in
// validator/core/access.h. Stored: do not renumber.
enum class AccountPolicy : int {
  kPassword = 1,
  kOtpWeb = 2,
  kOtpWebDevicePasswords = 3,
  kOtpOnly = 4,
};
[[nodiscard]] std::string_view ToString(AccountPolicy policy);

// Failures in a row of one thing; validator/core/throttle.h decides what they
// mean.
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
  AccountPolicy policy = AccountPolicy::kOtpWebDevicePasswords;
  bool device_passwords = true;  // may have some
  // argon2id as a PHC string, or empty: kept by the caller.
  std::string password{};
  // Recovery and temporary codes (db/spare_codes.h); empty: none.
  std::string spare_codes{};
  // Failures from anywhere since the last success, and when the last one was,
  // which stays: the budgets of each place (BudgetRecord) matter for a while
  // after it.
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
  // False: enrolled by its owner, and waits for its first code.
  bool confirmed = true;
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
  // Keyed hash of the OTP and nonce of the Yubico protocol that brought it
  // there; none: something else did.
  std::optional<uint64_t> nonce_mark = std::nullopt;
  // How far the token's clock is ahead: steps; YubiKeys: ticks of 1/8 s modulo
  // 2^24, of no meaning after the next power-up.
  int64_t drift = 0;
  ThrottleState throttle{};  // wrong codes in a row
  // db/seal.h; empty when deleted, and for kYubicloud.
  std::string sealed_secret{};
  // Keyed hash of what makes the codes (16 bytes), unique: the same secret is
  // never registered twice, alive or deleted.
  std::string fingerprint{};
  UnixTime created{};
  UnixTime modified{};
  std::optional<UnixTime> last_used = std::nullopt;
  bool operator==(const TokenRecord&) const = default;
};

// What an API client may do; a bit set. Stored: do not renumber.
enum class Role : uint32_t {
  kLogin = 1,
  kAdmin = 2,
  kAudit = 4,
  kSelfService = 8,
};
using Roles = uint32_t;
[[nodiscard]] constexpr bool Has(Roles roles, Role role) {
  return (roles & static_cast<Roles>(role)) != 0;
}

// A program that may call Pawl over TCP: with a bearer key, or by the Yubico
// validation protocol with the key that signs its requests. In that protocol
// its id is a number, which is `id` itself: at most kMaxWsapiId.
struct ClientRecord {
  ClientId id{};
  uint64_t version = 1;
  std::string name{};  // unique
  // 32 bytes: keyed hash of the bearer key; empty for a client of the Yubico
  // protocol.
  std::string key_mac{};
  // The key of a client of the Yubico protocol (db/seal.h); else empty.
  std::string sealed_key{};
  Roles roles = 0;
  bool see_reasons = false;  // gets reasons, not only accepted/refused
  // The services it may check logins for, separated by blanks; empty: all.
  std::string services{};
  UnixTime created{};
  UnixTime modified{};
  bool operator==(const ClientRecord&) const = default;
};

// Stored: do not renumber.
enum class DeviceKind : int {
  kPassword = 1,  // a device password
  kSession = 2,   // the session credential of one login
  kLogin = 3,     // a login that was seen; opens nothing
};
[[nodiscard]] std::string_view ToString(DeviceKind kind);

// A program or browser of a person: a device password, a session, or a login
// that was seen.
struct DeviceRecord {
  DeviceId id{};
  uint64_t version = 1;
  AccountId account{};
  DeviceKind kind = DeviceKind::kPassword;
  std::string type{};        // "mail", "browser", ...
  std::string name{};        // for people
  std::string scopes{};      // scopes and services it opens, blanks between
  std::string secret_mac{};  // 32 bytes: keyed hash; empty for kLogin
  UnixTime created{};
  UnixTime modified{};
  std::optional<UnixTime> expires = std::nullopt;
  // At most a minute behind.
  std::optional<UnixTime> last_used = std::nullopt;
  std::string last_address{};
  std::string last_service{};
  bool operator==(const DeviceRecord&) const = default;
};

// Why a check failed, as far as it costs. Stored: do not renumber.
enum class Cause : int {
  kUnknown = 1,        // nobody has this login, public id or token id
  kUndecryptable = 2,  // a Yubico OTP that its token did not make
  kWrongPin = 3,       // no factor was right, or only a fresh code
  kWrongCode = 4,      // a wrong code where the first factor was right
  kPassword = 5,       // the account password
  kDevicePassword = 6,
  kExplain = 7,     // an administrator's question, not a failure
  kUsualPlace = 8,  // not a failure: a login succeeded from here
};
[[nodiscard]] std::string_view ToString(Cause cause);

// The failures of one cause, of one account, token or name, from one place
// (validator/core/budget.h). Its id is a keyed hash over all of these.
struct BudgetRecord {
  BudgetId id{};
  uint64_t version = 1;
  Cause cause = Cause::kUnknown;
  std::optional<AccountId> account = std::nullopt;  // may be a stranger's
  std::optional<TokenId> token = std::nullopt;
  std::string source{};  // an address or network; "*": all unusual places
  std::string service{};
  ThrottleState throttle{};  // kUsualPlace: last_failure is the last success
  UnixTime expires{};        // means nothing from then on
  bool operator==(const BudgetRecord&) const = default;
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
  kAccountPolicySet = 17,
  kAccountPasswordSet = 18,
  kAccountDevicePasswordsSet = 19,
  kTokenRegistered = 20,
  kTokenUpdated = 21,
  kTokenEnabled = 22,
  kTokenDisabled = 23,
  kTokenUnlocked = 24,
  kTokenAssigned = 25,
  kTokenUnassigned = 26,
  kTokenDeleted = 27,
  kTokenConfirmed = 28,
  kClientCreated = 30,
  kClientDeleted = 31,
  kRecoveryCodesMade = 40,
  kTemporaryCodeMade = 41,
  kSecondFactorReset = 42,
  kDeviceCreated = 50,
  kDeviceUpdated = 51,
  kDeviceRegenerated = 52,
  kDeviceDeleted = 53,
  kCredentialExplained = 60,
  kUsualPlacesNoted = 61,
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
  std::optional<DeviceId> device = std::nullopt;
  // Checks this entry tells of: more than one for repeated good device
  // passwords; or devices that were removed at once.
  uint32_t count = 1;
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
  std::optional<uint64_t> nonce_mark = std::nullopt;  // goes with advance_to
  std::optional<int64_t> drift = std::nullopt;
  std::optional<ThrottleState> throttle = std::nullopt;
  std::optional<UnixTime> used_at = std::nullopt;
  std::optional<bool> enabled = std::nullopt;
  std::optional<std::string> label = std::nullopt;
  std::optional<uint32_t> window = std::nullopt;
  std::optional<std::optional<AccountId>> account = std::nullopt;
  std::optional<bool> confirmed = std::nullopt;
  bool erase = false;  // deletes: drops secret, public id, label and account
  [[nodiscard]] bool Empty() const;
};

struct AccountChange {
  std::optional<ThrottleState> throttle = std::nullopt;
  std::optional<std::string> login = std::nullopt;
  std::optional<std::string> pin_mac = std::nullopt;
  std::optional<bool> enabled = std::nullopt;
  std::optional<AccountPolicy> policy = std::nullopt;
  std::optional<bool> device_passwords = std::nullopt;
  std::optional<std::string> password = std::nullopt;
  std::optional<std::string> spare_codes = std::nullopt;
  [[nodiscard]] bool Empty() const;
};

struct DeviceChange {
  std::optional<std::string> name = std::nullopt;
  std::optional<std::string> secret_mac = std::nullopt;
  std::optional<std::optional<UnixTime>> expires = std::nullopt;
  struct Use {
    UnixTime at{};
    std::string address{};
    std::string service{};
  };
  std::optional<Use> used = std::nullopt;
};

// The record after the change, version + 1, modified at `now`.
// FAILED_PRECONDITION when advance_to is not above the position: a position
// only moves forward (I1), and equal is a replay.
[[nodiscard]] StatusOr<TokenRecord> Apply(const TokenRecord& before,
                                          const TokenChange& change,
                                          UnixTime now);
[[nodiscard]] AccountRecord Apply(const AccountRecord& before,
                                  const AccountChange& change, UnixTime now);
[[nodiscard]] DeviceRecord Apply(const DeviceRecord& before,
                                 const DeviceChange& change, UnixTime now);

// The rules every replacement of a row must keep, whoever made it; Store
// checks them at each commit. INTERNAL when `after` is not the same row one
// version later, when a token's position is lost or lower or its kind or
// fingerprint is another, when a device's account or kind is another, a
// budget's cause, account or token, or when a stranger gets a login or an
// account loses its own.
[[nodiscard]] Status CheckReplacement(const TokenRecord& before,
                                      const TokenRecord& after);
[[nodiscard]] Status CheckReplacement(const AccountRecord& before,
                                      const AccountRecord& after);
[[nodiscard]] Status CheckReplacement(const ClientRecord& before,
                                      const ClientRecord& after);
[[nodiscard]] Status CheckReplacement(const DeviceRecord& before,
                                      const DeviceRecord& after);
[[nodiscard]] Status CheckReplacement(const BudgetRecord& before,
                                      const BudgetRecord& after);

// The first field with a value that no right record has (an unknown enum
// number, an id of 0, a MAC of another size, a live token without a secret),
// or empty. Store refuses to write such a record, engines to read one.
[[nodiscard]] std::string_view MalformedField(const AccountRecord& account);
[[nodiscard]] std::string_view MalformedField(const TokenRecord& token);
[[nodiscard]] std::string_view MalformedField(const ClientRecord& client);
[[nodiscard]] std::string_view MalformedField(const DeviceRecord& device);
[[nodiscard]] std::string_view MalformedField(const BudgetRecord& budget);
[[nodiscard]] std::string_view MalformedField(const AttemptRecord& attempt);
[[nodiscard]] std::string_view MalformedField(const AuditEntry& entry);

}  // namespace pawl::db
