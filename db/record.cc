#include "db/record.h"

#include <initializer_list>

#include "db/spare_codes.h"

namespace pawl::db {
namespace {

constexpr size_t kMacSize = 32;
constexpr size_t kHashSize = 16;

struct Rule {
  std::string_view field;
  bool kept;
};

std::string_view FirstBroken(std::initializer_list<Rule> rules) {
  for (const Rule& rule : rules) {
    if (!rule.kept) {
      return rule.field;
    }
  }
  return {};
}

template <typename Enum>
bool IsKnown(Enum value) {
  return !ToString(value).empty();
}

bool IsKnown(Hash hash) {
  switch (hash) {
    case Hash::kSha1:
    case Hash::kSha256:
    case Hash::kSha512:
      return true;
  }
  return false;
}

bool IsKnownRoles(Roles roles) {
  constexpr Roles kAll =
      static_cast<Roles>(Role::kLogin) | static_cast<Roles>(Role::kAdmin) |
      static_cast<Roles>(Role::kAudit) | static_cast<Roles>(Role::kSelfService);
  return (roles & ~kAll) == 0;
}

bool IsKnownHints(Hints hints) {
  constexpr Hints kAll =
      Hints{0} | Hint::kRepeatedAttempt | Hint::kCounterJump |
      Hint::kClockDrift | Hint::kKeyboardLayout | Hint::kUpperCase |
      Hint::kFirstFactorKnown | Hint::kCloneSuspected | Hint::kDelayed;
  return (hints & ~kAll) == 0;
}

template <typename Id>
bool IsAbsentOrStorable(const std::optional<Id>& id) {
  return !id.has_value() || IsStorable(id->value);
}

bool IsDeviceId(DeviceId id) {
  return IsStorable(id.value) && id.value <= kMaxDeviceId;
}

bool IsAbsentOrKnown(const std::optional<Reason>& reason) {
  return !reason.has_value() || IsKnown(*reason);
}

bool IsAbsentOrFits(const std::optional<uint64_t>& number) {
  return !number.has_value() || *number <= kMaxPosition;
}

template <typename T>
void Set(const std::optional<T>& wanted, T& field) {
  if (wanted.has_value()) {
    field = *wanted;
  }
}

void Erase(TokenRecord& token) {
  token.deleted = true;
  token.enabled = false;
  token.account = std::nullopt;
  token.nonce_mark = std::nullopt;
  token.public_id.clear();
  token.label.clear();
  token.sealed_secret.clear();
}

template <typename Id>
Status Broken(Id id, std::string_view rule) {
  std::string message = ToString(id);
  message += ": ";
  message += rule;
  return Internal(message);
}

template <typename Record>
Status CheckSameRow(const Record& before, const Record& after) {
  if (after.id != before.id) {
    return Broken(before.id, "replaced by another row");
  }
  if (after.version != before.version + 1) {
    return Broken(before.id, "version must grow by one");
  }
  return OkStatus();
}

// What the searches of oath/ rely on: a row that says otherwise is corrupt.
bool HasRightDigits(const TokenRecord& token) {
  const bool is_oath =
      token.kind == TokenKind::kHotp || token.kind == TokenKind::kTotp;
  return is_oath ? token.digits >= 6 && token.digits <= 8 : token.digits >= 0;
}
bool HasRightPeriod(const TokenRecord& token) {
  constexpr int64_t kMaxPeriod = 86400;
  const bool is_timed =
      token.kind == TokenKind::kTotp || token.kind == TokenKind::kMotp;
  return token.period >= (is_timed ? 1 : 0) && token.period <= kMaxPeriod;
}

// Only another server knows the secret of a token it validates.
bool HasRightSecret(const TokenRecord& token) {
  const bool has_none = token.deleted || token.kind == TokenKind::kYubicloud;
  return token.sealed_secret.empty() == has_none;
}

}  // namespace

bool IsStorable(uint64_t number) {
  return number >= 1 && number <= kMaxPosition;
}

bool TokenChange::Empty() const {
  return !advance_to && !drift && !throttle && !used_at && !enabled && !label &&
         !window && !account && !confirmed && !erase;
}

bool AccountChange::Empty() const {
  return !throttle && !login && !pin_mac && !enabled && !policy &&
         !device_passwords && !password && !spare_codes;
}

StatusOr<TokenRecord> Apply(const TokenRecord& before,
                            const TokenChange& change, UnixTime now) {
  TokenRecord after = before;
  if (change.advance_to.has_value()) {
    if (before.position.has_value() && *change.advance_to <= *before.position) {
      return FailedPrecondition("a position only moves forward");
    }
    if (*change.advance_to > kMaxPosition) {
      return FailedPrecondition("a position stays below 2^63");
    }
    after.position = change.advance_to;
    after.nonce_mark = change.nonce_mark;
  }
  Set(change.drift, after.drift);
  Set(change.throttle, after.throttle);
  Set(change.enabled, after.enabled);
  Set(change.label, after.label);
  Set(change.window, after.window);
  Set(change.account, after.account);
  Set(change.confirmed, after.confirmed);
  if (change.used_at.has_value()) {
    after.last_used = change.used_at;
  }
  if (change.erase) {
    Erase(after);
  }
  after.version = before.version + 1;
  after.modified = now;
  return after;
}

AccountRecord Apply(const AccountRecord& before, const AccountChange& change,
                    UnixTime now) {
  AccountRecord after = before;
  Set(change.throttle, after.throttle);
  Set(change.login, after.login);
  Set(change.pin_mac, after.pin_mac);
  Set(change.enabled, after.enabled);
  Set(change.policy, after.policy);
  Set(change.device_passwords, after.device_passwords);
  Set(change.password, after.password);
  Set(change.spare_codes, after.spare_codes);
  after.version = before.version + 1;
  after.modified = now;
  return after;
}

DeviceRecord Apply(const DeviceRecord& before, const DeviceChange& change,
                   UnixTime now) {
  DeviceRecord after = before;
  Set(change.name, after.name);
  Set(change.secret_mac, after.secret_mac);
  Set(change.expires, after.expires);
  if (change.used.has_value()) {
    // Who reports a use late must not undo a later one.
    if (!after.last_used.has_value() || change.used->at >= *after.last_used) {
      after.last_used = change.used->at;
      after.last_address = change.used->address;
      after.last_service = change.used->service;
    }
  }
  after.version = before.version + 1;
  after.modified = now;
  return after;
}

Status CheckReplacement(const TokenRecord& before, const TokenRecord& after) {
  PAWL_RETURN_IF_ERROR(CheckSameRow(before, after));
  if (after.kind != before.kind) {
    return Broken(before.id, "kind may not change");
  }
  if (after.fingerprint != before.fingerprint) {
    return Broken(before.id, "fingerprint may not change");
  }
  if (before.position.has_value() &&
      (!after.position.has_value() || *after.position < *before.position)) {
    return Broken(before.id, "position may not be lost or lowered");
  }
  return OkStatus();
}

Status CheckReplacement(const AccountRecord& before,
                        const AccountRecord& after) {
  PAWL_RETURN_IF_ERROR(CheckSameRow(before, after));
  if (after.login.empty() != before.login.empty()) {
    return Broken(before.id, "a stranger stays a stranger");
  }
  return OkStatus();
}

Status CheckReplacement(const ClientRecord& before, const ClientRecord& after) {
  return CheckSameRow(before, after);
}

Status CheckReplacement(const DeviceRecord& before, const DeviceRecord& after) {
  PAWL_RETURN_IF_ERROR(CheckSameRow(before, after));
  return after.account == before.account && after.kind == before.kind
             ? OkStatus()
             : Broken(before.id, "account and kind may not change");
}

Status CheckReplacement(const BudgetRecord& before, const BudgetRecord& after) {
  PAWL_RETURN_IF_ERROR(CheckSameRow(before, after));
  return after.cause == before.cause && after.account == before.account &&
                 after.token == before.token
             ? OkStatus()
             : Broken(before.id, "what a budget is for may not change");
}

std::string_view MalformedField(const AccountRecord& account) {
  return FirstBroken({
      {"id", IsStorable(account.id.value)},
      {"version", IsStorable(account.version)},
      {"pin_mac",
       account.pin_mac.empty() || account.pin_mac.size() == kMacSize},
      {"policy", IsKnown(account.policy)},
      {"spare_codes", AreSpareCodes(account.spare_codes)},
  });
}

std::string_view MalformedField(const TokenRecord& token) {
  const bool alive = !token.deleted;
  return FirstBroken({
      {"id", IsStorable(token.id.value)},
      {"version", IsStorable(token.version)},
      {"kind", IsKnown(token.kind)},
      {"enabled", alive || !token.enabled},
      {"account_id",
       alive ? IsAbsentOrStorable(token.account) : !token.account.has_value()},
      {"public_id", alive || token.public_id.empty()},
      {"hash", IsKnown(token.hash)},
      {"digits", HasRightDigits(token)},
      {"period", HasRightPeriod(token)},
      {"position", IsAbsentOrFits(token.position)},
      {"nonce_mark", IsAbsentOrFits(token.nonce_mark)},
      {"sealed_secret", HasRightSecret(token)},
      {"fingerprint", token.fingerprint.size() == kHashSize},
  });
}

std::string_view MalformedField(const ClientRecord& client) {
  const bool is_wsapi = !client.sealed_key.empty();
  return FirstBroken({
      {"id", IsStorable(client.id.value)},
      {"version", IsStorable(client.version)},
      {"name", !client.name.empty()},
      {"key_mac", client.key_mac.size() == (is_wsapi ? 0 : kMacSize)},
      {"sealed_key", !is_wsapi || client.id.value <= kMaxWsapiId},
      {"roles", IsKnownRoles(client.roles)},
  });
}

std::string_view MalformedField(const DeviceRecord& device) {
  const bool has_secret = device.kind != DeviceKind::kLogin;
  return FirstBroken({
      {"id", IsDeviceId(device.id)},
      {"version", IsStorable(device.version)},
      {"account_id", IsStorable(device.account.value)},
      {"kind", IsKnown(device.kind)},
      {"type", !device.type.empty()},
      {"secret_mac", device.secret_mac.size() == (has_secret ? kMacSize : 0)},
  });
}

std::string_view MalformedField(const BudgetRecord& budget) {
  return FirstBroken({
      {"id", IsStorable(budget.id.value)},
      {"version", IsStorable(budget.version)},
      {"cause", IsKnown(budget.cause)},
      {"account_id", IsAbsentOrStorable(budget.account)},
      {"token_id", IsAbsentOrStorable(budget.token)},
  });
}

std::string_view MalformedField(const AttemptRecord& attempt) {
  return FirstBroken({
      {"key", attempt.key.size() == kHashSize},
      {"binding", attempt.binding.size() == kHashSize},
      {"reason", IsKnown(attempt.reason)},
      {"account_id", IsAbsentOrStorable(attempt.account)},
      {"token_id", IsAbsentOrStorable(attempt.token)},
      {"hints", IsKnownHints(attempt.hints)},
  });
}

std::string_view MalformedField(const AuditEntry& entry) {
  return FirstBroken({
      {"event", IsKnown(entry.event)},
      {"reason", IsAbsentOrKnown(entry.reason)},
      {"caller", !entry.caller.empty()},
      {"account_id", IsAbsentOrStorable(entry.account)},
      {"token_id", IsAbsentOrStorable(entry.token)},
      {"client_id", IsAbsentOrStorable(entry.client)},
      {"position", IsAbsentOrFits(entry.position)},
      {"hints", IsKnownHints(entry.hints)},
      {"device_id", !entry.device.has_value() || IsDeviceId(*entry.device)},
      {"count", entry.count >= 1},
  });
}

}  // namespace pawl::db
