#include "db/sqlite/rows.h"

#include <limits>
#include <optional>
#include <utility>

#include "base/bytes.h"

namespace pawl::db::sqlite {

// Reads the columns of one row from left to right and remembers the first that
// cannot be right.
class RowReader {
 public:
  explicit RowReader(const Statement& statement) : statement_(statement) {}

  int64_t Int() { return Take(statement_.IntAt(next_), int64_t{0}); }
  std::string Text() {
    return std::string(Take(statement_.TextAt(next_), std::string_view()));
  }
  std::string Blob() {
    return std::string(Take(statement_.BlobAt(next_), std::string_view()));
  }

  // Within [min, max]; min when it is not.
  template <typename T>
  T Number(T min, T max) {
    const int64_t value = Int();
    if (std::cmp_less(value, min) || std::cmp_greater(value, max)) {
      Wrong(next_ - 1);
      return min;
    }
    return static_cast<T>(value);
  }
  template <typename T>
  T Number() {
    return Number(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  }
  uint64_t Unsigned() { return Number<uint64_t>(0, kMaxPosition); }
  bool Bool() { return Number<int>(0, 1) == 1; }
  UnixTime Time() { return FromUnixMillis(Int()); }
  // The number, known or not; MalformedField() tells.
  template <typename E>
  E Enum() {
    return static_cast<E>(Number<int>());
  }

  // Goes past a NULL.
  bool SkipNull() {
    if (!statement_.IsNullAt(next_)) {
      return false;
    }
    ++next_;
    return true;
  }
  std::string TextOrNull() { return SkipNull() ? std::string() : Text(); }
  std::string BlobOrNull() { return SkipNull() ? std::string() : Blob(); }
  template <typename Id>
  std::optional<Id> IdOrNull() {
    return SkipNull() ? std::nullopt : std::optional(Id{Unsigned()});
  }
  std::optional<Position> PositionOrNull() {
    return SkipNull() ? std::nullopt : std::optional(Unsigned());
  }

  // The number of the first wrong column, if any.
  [[nodiscard]] std::optional<size_t> wrong() const { return wrong_; }

 private:
  template <typename T>
  T Take(const std::optional<T>& value, T otherwise) {
    if (!value.has_value()) {
      Wrong(next_);
    }
    ++next_;
    return value.value_or(otherwise);
  }

  void Wrong(int column) {
    if (!wrong_.has_value()) {
      wrong_ = static_cast<size_t>(column);
    }
  }

  const Statement& statement_;
  int next_ = 0;
  std::optional<size_t> wrong_;
};

namespace {

// What a row is called in an error: its number, or its key in hex.
std::string KeyOf(const Statement& statement) {
  const std::optional<int64_t> number = statement.IntAt(0);
  if (number.has_value()) {
    return std::to_string(*number);
  }
  return HexEncode(AsBytes(statement.BlobAt(0).value_or("")));
}

// MalformedField() has made sure that it fits.
int64_t Signed(uint64_t value) {
  return static_cast<int64_t>(value);
}

void Unsigned(Statement& statement, uint64_t value) {
  statement.Int(Signed(value));
}

void Time(Statement& statement, UnixTime time) {
  statement.Int(ToUnixMillis(time));
}

void TextOrNull(Statement& statement, std::string_view text) {
  text.empty() ? statement.Null() : statement.Text(text);
}

void BlobOrNull(Statement& statement, std::string_view blob) {
  blob.empty() ? statement.Null() : statement.Blob(blob);
}

template <typename Id>
void IdOrNull(Statement& statement, const std::optional<Id>& id) {
  id.has_value() ? statement.Int(Signed(id->value)) : statement.Null();
}

void PositionOrNull(Statement& statement,
                    const std::optional<Position>& position) {
  position.has_value() ? statement.Int(Signed(*position)) : statement.Null();
}

}  // namespace

bool Table<AccountRecord>::SameKeys(const AccountRecord& a,
                                    const AccountRecord& b) {
  return a.login == b.login;
}

void Table<AccountRecord>::Bind(const AccountRecord& account,
                                Statement& statement) {
  Unsigned(statement, account.id.value);
  Unsigned(statement, account.version);
  BlobOrNull(statement, account.pin_mac);
  statement.Int(account.enabled ? 1 : 0);
  statement.Int(account.throttle.failures);
  Time(statement, account.throttle.last_failure);
  Time(statement, account.created);
  Time(statement, account.modified);
  TextOrNull(statement, account.login);
}

AccountRecord Table<AccountRecord>::Read(RowReader& row) {
  AccountRecord account;
  account.id.value = row.Unsigned();
  account.version = row.Unsigned();
  account.pin_mac = row.BlobOrNull();
  account.enabled = row.Bool();
  account.throttle.failures = row.Number<uint32_t>();
  account.throttle.last_failure = row.Time();
  account.created = row.Time();
  account.modified = row.Time();
  account.login = row.TextOrNull();
  return account;
}

bool Table<TokenRecord>::SameKeys(const TokenRecord& a, const TokenRecord& b) {
  return a.account == b.account && a.public_id == b.public_id &&
         a.fingerprint == b.fingerprint;
}

void Table<TokenRecord>::Bind(const TokenRecord& token, Statement& statement) {
  Unsigned(statement, token.id.value);
  Unsigned(statement, token.version);
  PositionOrNull(statement, token.position);
  statement.Int(static_cast<int>(token.kind));
  statement.Int(token.deleted ? 1 : 0);
  statement.Int(token.enabled ? 1 : 0);
  statement.Text(token.label);
  statement.Int(static_cast<int>(token.hash));
  statement.Int(token.digits);
  statement.Int(token.period);
  statement.Int(token.t0);
  statement.Int(token.window);
  statement.Int(token.drift);
  statement.Int(token.throttle.failures);
  Time(statement, token.throttle.last_failure);
  BlobOrNull(statement, token.sealed_secret);
  Time(statement, token.created);
  Time(statement, token.modified);
  token.last_used ? Time(statement, *token.last_used)
                  : static_cast<void>(statement.Null());
  IdOrNull(statement, token.account);
  TextOrNull(statement, token.public_id);
  statement.Blob(token.fingerprint);
}

TokenRecord Table<TokenRecord>::Read(RowReader& row) {
  TokenRecord token;
  token.id.value = row.Unsigned();
  token.version = row.Unsigned();
  token.position = row.PositionOrNull();
  token.kind = row.Enum<TokenKind>();
  token.deleted = row.Bool();
  token.enabled = row.Bool();
  token.label = row.Text();
  token.hash = row.Enum<Hash>();
  token.digits = row.Number<int>();
  token.period = row.Int();
  token.t0 = row.Int();
  token.window = row.Number<uint32_t>();
  token.drift = row.Int();
  token.throttle.failures = row.Number<uint32_t>();
  token.throttle.last_failure = row.Time();
  token.sealed_secret = row.BlobOrNull();
  token.created = row.Time();
  token.modified = row.Time();
  token.last_used = row.SkipNull() ? std::nullopt : std::optional(row.Time());
  token.account = row.IdOrNull<AccountId>();
  token.public_id = row.TextOrNull();
  token.fingerprint = row.Blob();
  return token;
}

bool Table<ClientRecord>::SameKeys(const ClientRecord& a,
                                   const ClientRecord& b) {
  return a.name == b.name;
}

void Table<ClientRecord>::Bind(const ClientRecord& client,
                               Statement& statement) {
  Unsigned(statement, client.id.value);
  Unsigned(statement, client.version);
  statement.Blob(client.key_mac);
  statement.Int(client.roles);
  statement.Int(client.see_reasons ? 1 : 0);
  Time(statement, client.created);
  Time(statement, client.modified);
  statement.Text(client.name);
}

ClientRecord Table<ClientRecord>::Read(RowReader& row) {
  ClientRecord client;
  client.id.value = row.Unsigned();
  client.version = row.Unsigned();
  client.key_mac = row.Blob();
  client.roles = row.Number<Roles>();
  client.see_reasons = row.Bool();
  client.created = row.Time();
  client.modified = row.Time();
  client.name = row.Text();
  return client;
}

void Table<AttemptRecord>::Bind(const AttemptRecord& attempt,
                                Statement& statement) {
  statement.Blob(attempt.key);
  statement.Blob(attempt.binding);
  statement.Int(static_cast<int>(attempt.reason));
  IdOrNull(statement, attempt.account);
  IdOrNull(statement, attempt.token);
  statement.Int(attempt.hints);
  Time(statement, attempt.created);
  Time(statement, attempt.expires);
}

AttemptRecord Table<AttemptRecord>::Read(RowReader& row) {
  AttemptRecord attempt;
  attempt.key = row.Blob();
  attempt.binding = row.Blob();
  attempt.reason = row.Enum<Reason>();
  attempt.account = row.IdOrNull<AccountId>();
  attempt.token = row.IdOrNull<TokenId>();
  attempt.hints = row.Number<Hints>();
  attempt.created = row.Time();
  attempt.expires = row.Time();
  return attempt;
}

void Table<AuditEntry>::Bind(const AuditEntry& entry, Statement& statement) {
  statement.Null();
  Time(statement, entry.at);
  statement.Int(static_cast<int>(entry.event));
  entry.reason ? statement.Int(static_cast<int>(*entry.reason))
               : statement.Null();
  statement.Text(entry.caller);
  IdOrNull(statement, entry.account);
  IdOrNull(statement, entry.token);
  IdOrNull(statement, entry.client);
  PositionOrNull(statement, entry.position);
  statement.Int(entry.hints);
  statement.Text(entry.service);
  statement.Text(entry.client_address);
}

AuditEntry Table<AuditEntry>::Read(RowReader& row) {
  AuditEntry entry;
  entry.sequence = row.Number<int64_t>(1, std::numeric_limits<int64_t>::max());
  entry.at = row.Time();
  entry.event = row.Enum<Event>();
  entry.reason =
      row.SkipNull() ? std::nullopt : std::optional(row.Enum<Reason>());
  entry.caller = row.Text();
  entry.account = row.IdOrNull<AccountId>();
  entry.token = row.IdOrNull<TokenId>();
  entry.client = row.IdOrNull<ClientId>();
  entry.position = row.PositionOrNull();
  entry.hints = row.Number<Hints>();
  entry.service = row.Text();
  entry.client_address = row.Text();
  return entry;
}

template <typename Record>
StatusOr<Record> ReadRow(const Statement& statement) {
  using T = Table<Record>;
  RowReader row(statement);
  Record record = T::Read(row);
  const std::string_view field = row.wrong().has_value()
                                     ? T::kColumns[*row.wrong()]
                                     : MalformedField(record);
  if (field.empty()) {
    return record;
  }
  std::string message = "row " + KeyOf(statement) + " of table ";
  message += T::kName;
  message += " has an impossible ";
  message += field;
  return DataLoss(message);
}

template StatusOr<AccountRecord> ReadRow(const Statement&);
template StatusOr<TokenRecord> ReadRow(const Statement&);
template StatusOr<ClientRecord> ReadRow(const Statement&);
template StatusOr<AttemptRecord> ReadRow(const Statement&);
template StatusOr<AuditEntry> ReadRow(const Statement&);

}  // namespace pawl::db::sqlite
