// Table<Record>: how each record lies in its table. The only place that knows
// the columns; db/sql.h makes statements of them.
//
// For each Record:
//   kName      the table
//   kColumns   in the order of Bind() and Read(), the key first, and for rows
//              that are replaced the version second
//   Bind()     one parameter per column, to a `Sink` with Int(int64_t),
//              Text(std::string_view), Blob(std::string_view), Null()
//   Read()     from a RowReader (db/row_reader.h); may give a wrong record,
//              ReadRow() checks
//   kForward   for rows that are replaced: the column that an UPDATE may not
//              lower, or empty
//
// Thread safety: pure functions on their arguments.
#pragma once

#include <optional>
#include <string_view>

#include "db/bind.h"
#include "db/record.h"

namespace pawl::db {

template <typename Record>
struct Table;

template <>
struct Table<AccountRecord> {
  static constexpr std::string_view kName = "account";
  static constexpr std::string_view kColumns[] = {
      "id",         "version",      "pin_mac",          "enabled",
      "failures",   "last_failure", "created",          "modified",
      "login",      "policy",       "device_passwords", "password",
      "spare_codes"};
  static constexpr std::string_view kForward = "";
  template <typename Sink>
  static void Bind(const AccountRecord& account, Sink& sink);
  template <typename Row>
  static AccountRecord Read(Row& row);
};

template <>
struct Table<TokenRecord> {
  static constexpr std::string_view kName = "token";
  static constexpr std::string_view kColumns[] = {
      "id",        "version",     "position",     "kind",
      "deleted",   "enabled",     "label",        "hash",
      "digits",    "period",      "t0",           "window_steps",
      "drift",     "failures",    "last_failure", "sealed_secret",
      "created",   "modified",    "last_used",    "account_id",
      "public_id", "fingerprint", "confirmed",    "nonce_mark"};
  static constexpr std::string_view kForward = "position";
  template <typename Sink>
  static void Bind(const TokenRecord& token, Sink& sink);
  template <typename Row>
  static TokenRecord Read(Row& row);
};

template <>
struct Table<ClientRecord> {
  static constexpr std::string_view kName = "client";
  static constexpr std::string_view kColumns[] = {
      "id",      "version",  "key_mac", "roles",    "see_reasons",
      "created", "modified", "name",    "services", "sealed_key"};
  static constexpr std::string_view kForward = "";
  template <typename Sink>
  static void Bind(const ClientRecord& client, Sink& sink);
  template <typename Row>
  static ClientRecord Read(Row& row);
};

template <>
struct Table<DeviceRecord> {
  static constexpr std::string_view kName = "device";
  static constexpr std::string_view kColumns[] = {
      "id",      "version",   "account_id",   "kind",        "type",
      "name",    "scopes",    "secret_mac",   "created",     "modified",
      "expires", "last_used", "last_address", "last_service"};
  static constexpr std::string_view kForward = "";
  template <typename Sink>
  static void Bind(const DeviceRecord& device, Sink& sink);
  template <typename Row>
  static DeviceRecord Read(Row& row);
};

template <>
struct Table<BudgetRecord> {
  static constexpr std::string_view kName = "budget";
  static constexpr std::string_view kColumns[] = {
      "id",     "version", "cause",    "account_id",   "token_id",
      "source", "service", "failures", "last_failure", "expires"};
  static constexpr std::string_view kForward = "";
  template <typename Sink>
  static void Bind(const BudgetRecord& budget, Sink& sink);
  template <typename Row>
  static BudgetRecord Read(Row& row);
};

template <>
struct Table<AttemptRecord> {
  static constexpr std::string_view kName = "attempt";
  static constexpr std::string_view kColumns[] = {
      "key",      "binding", "reason",  "account_id",
      "token_id", "hints",   "created", "expires"};
  template <typename Sink>
  static void Bind(const AttemptRecord& attempt, Sink& sink);
  template <typename Row>
  static AttemptRecord Read(Row& row);
};

// The sequence is given by the engine: Bind() leaves it out.
template <>
struct Table<AuditEntry> {
  static constexpr std::string_view kName = "audit";
  static constexpr std::string_view kColumns[] = {
      "sequence",  "at",         "event",    "reason",
      "caller",    "account_id", "token_id", "client_id",
      "position",  "hints",      "service",  "client_address",
      "device_id", "count"};
  template <typename Sink>
  static void Bind(const AuditEntry& entry, Sink& sink);
  template <typename Row>
  static AuditEntry Read(Row& row);
};

template <typename Sink>
void Table<AccountRecord>::Bind(const AccountRecord& account, Sink& sink) {
  sink.Int(internal::Signed(account.id.value));
  sink.Int(internal::Signed(account.version));
  internal::BindBlobOrNull(sink, account.pin_mac);
  sink.Int(account.enabled ? 1 : 0);
  sink.Int(account.throttle.failures);
  sink.Int(ToUnixMillis(account.throttle.last_failure));
  sink.Int(ToUnixMillis(account.created));
  sink.Int(ToUnixMillis(account.modified));
  internal::BindTextOrNull(sink, account.login);
  sink.Int(static_cast<int>(account.policy));
  sink.Int(account.device_passwords ? 1 : 0);
  internal::BindTextOrNull(sink, account.password);
  internal::BindBlobOrNull(sink, account.spare_codes);
}

template <typename Row>
AccountRecord Table<AccountRecord>::Read(Row& row) {
  AccountRecord account;
  account.id.value = row.Unsigned();
  account.version = row.Unsigned();
  account.pin_mac = row.BlobOrNull();
  account.enabled = row.Bool();
  account.throttle.failures = row.template Number<uint32_t>();
  account.throttle.last_failure = row.Time();
  account.created = row.Time();
  account.modified = row.Time();
  account.login = row.TextOrNull();
  account.policy = row.template Enum<AccountPolicy>();
  account.device_passwords = row.Bool();
  account.password = row.TextOrNull();
  account.spare_codes = row.BlobOrNull();
  return account;
}

template <typename Sink>
void Table<TokenRecord>::Bind(const TokenRecord& token, Sink& sink) {
  sink.Int(internal::Signed(token.id.value));
  sink.Int(internal::Signed(token.version));
  internal::BindIntOrNull(sink, internal::NumberOf(token.position));
  sink.Int(static_cast<int>(token.kind));
  sink.Int(token.deleted ? 1 : 0);
  sink.Int(token.enabled ? 1 : 0);
  sink.Text(token.label);
  sink.Int(static_cast<int>(token.hash));
  sink.Int(token.digits);
  sink.Int(token.period);
  sink.Int(token.t0);
  sink.Int(token.window);
  sink.Int(token.drift);
  sink.Int(token.throttle.failures);
  sink.Int(ToUnixMillis(token.throttle.last_failure));
  internal::BindBlobOrNull(sink, token.sealed_secret);
  sink.Int(ToUnixMillis(token.created));
  sink.Int(ToUnixMillis(token.modified));
  internal::BindIntOrNull(sink, internal::NumberOf(token.last_used));
  internal::BindIntOrNull(sink, internal::NumberOf(token.account));
  internal::BindTextOrNull(sink, token.public_id);
  sink.Blob(token.fingerprint);
  sink.Int(token.confirmed ? 1 : 0);
  internal::BindIntOrNull(sink, internal::NumberOf(token.nonce_mark));
}

template <typename Row>
TokenRecord Table<TokenRecord>::Read(Row& row) {
  TokenRecord token;
  token.id.value = row.Unsigned();
  token.version = row.Unsigned();
  token.position = row.PositionOrNull();
  token.kind = row.template Enum<TokenKind>();
  token.deleted = row.Bool();
  token.enabled = row.Bool();
  token.label = row.Text();
  token.hash = row.template Enum<Hash>();
  token.digits = row.template Number<int>();
  token.period = row.Int();
  token.t0 = row.Int();
  token.window = row.template Number<uint32_t>();
  token.drift = row.Int();
  token.throttle.failures = row.template Number<uint32_t>();
  token.throttle.last_failure = row.Time();
  token.sealed_secret = row.BlobOrNull();
  token.created = row.Time();
  token.modified = row.Time();
  token.last_used = row.TimeOrNull();
  token.account = row.template IdOrNull<AccountId>();
  token.public_id = row.TextOrNull();
  token.fingerprint = row.Blob();
  token.confirmed = row.Bool();
  token.nonce_mark = row.PositionOrNull();
  return token;
}

template <typename Sink>
void Table<ClientRecord>::Bind(const ClientRecord& client, Sink& sink) {
  sink.Int(internal::Signed(client.id.value));
  sink.Int(internal::Signed(client.version));
  sink.Blob(client.key_mac);
  sink.Int(client.roles);
  sink.Int(client.see_reasons ? 1 : 0);
  sink.Int(ToUnixMillis(client.created));
  sink.Int(ToUnixMillis(client.modified));
  sink.Text(client.name);
  sink.Text(client.services);
  internal::BindBlobOrNull(sink, client.sealed_key);
}

template <typename Row>
ClientRecord Table<ClientRecord>::Read(Row& row) {
  ClientRecord client;
  client.id.value = row.Unsigned();
  client.version = row.Unsigned();
  client.key_mac = row.Blob();
  client.roles = row.template Number<Roles>();
  client.see_reasons = row.Bool();
  client.created = row.Time();
  client.modified = row.Time();
  client.name = row.Text();
  client.services = row.Text();
  client.sealed_key = row.BlobOrNull();
  return client;
}

template <typename Sink>
void Table<DeviceRecord>::Bind(const DeviceRecord& device, Sink& sink) {
  sink.Int(internal::Signed(device.id.value));
  sink.Int(internal::Signed(device.version));
  sink.Int(internal::Signed(device.account.value));
  sink.Int(static_cast<int>(device.kind));
  sink.Text(device.type);
  sink.Text(device.name);
  sink.Text(device.scopes);
  internal::BindBlobOrNull(sink, device.secret_mac);
  sink.Int(ToUnixMillis(device.created));
  sink.Int(ToUnixMillis(device.modified));
  internal::BindIntOrNull(sink, internal::NumberOf(device.expires));
  internal::BindIntOrNull(sink, internal::NumberOf(device.last_used));
  sink.Text(device.last_address);
  sink.Text(device.last_service);
}

template <typename Row>
DeviceRecord Table<DeviceRecord>::Read(Row& row) {
  DeviceRecord device;
  device.id.value = row.Unsigned();
  device.version = row.Unsigned();
  device.account.value = row.Unsigned();
  device.kind = row.template Enum<DeviceKind>();
  device.type = row.Text();
  device.name = row.Text();
  device.scopes = row.Text();
  device.secret_mac = row.BlobOrNull();
  device.created = row.Time();
  device.modified = row.Time();
  device.expires = row.TimeOrNull();
  device.last_used = row.TimeOrNull();
  device.last_address = row.Text();
  device.last_service = row.Text();
  return device;
}

template <typename Sink>
void Table<BudgetRecord>::Bind(const BudgetRecord& budget, Sink& sink) {
  sink.Int(internal::Signed(budget.id.value));
  sink.Int(internal::Signed(budget.version));
  sink.Int(static_cast<int>(budget.cause));
  internal::BindIntOrNull(sink, internal::NumberOf(budget.account));
  internal::BindIntOrNull(sink, internal::NumberOf(budget.token));
  sink.Text(budget.source);
  sink.Text(budget.service);
  sink.Int(budget.throttle.failures);
  sink.Int(ToUnixMillis(budget.throttle.last_failure));
  sink.Int(ToUnixMillis(budget.expires));
}

template <typename Row>
BudgetRecord Table<BudgetRecord>::Read(Row& row) {
  BudgetRecord budget;
  budget.id.value = row.Unsigned();
  budget.version = row.Unsigned();
  budget.cause = row.template Enum<Cause>();
  budget.account = row.template IdOrNull<AccountId>();
  budget.token = row.template IdOrNull<TokenId>();
  budget.source = row.Text();
  budget.service = row.Text();
  budget.throttle.failures = row.template Number<uint32_t>();
  budget.throttle.last_failure = row.Time();
  budget.expires = row.Time();
  return budget;
}

template <typename Sink>
void Table<AttemptRecord>::Bind(const AttemptRecord& attempt, Sink& sink) {
  sink.Blob(attempt.key);
  sink.Blob(attempt.binding);
  sink.Int(static_cast<int>(attempt.reason));
  internal::BindIntOrNull(sink, internal::NumberOf(attempt.account));
  internal::BindIntOrNull(sink, internal::NumberOf(attempt.token));
  sink.Int(attempt.hints);
  sink.Int(ToUnixMillis(attempt.created));
  sink.Int(ToUnixMillis(attempt.expires));
}

template <typename Row>
AttemptRecord Table<AttemptRecord>::Read(Row& row) {
  AttemptRecord attempt;
  attempt.key = row.Blob();
  attempt.binding = row.Blob();
  attempt.reason = row.template Enum<Reason>();
  attempt.account = row.template IdOrNull<AccountId>();
  attempt.token = row.template IdOrNull<TokenId>();
  attempt.hints = row.template Number<Hints>();
  attempt.created = row.Time();
  attempt.expires = row.Time();
  return attempt;
}

template <typename Sink>
void Table<AuditEntry>::Bind(const AuditEntry& entry, Sink& sink) {
  sink.Int(ToUnixMillis(entry.at));
  sink.Int(static_cast<int>(entry.event));
  internal::BindIntOrNull(sink, internal::NumberOf(entry.reason));
  sink.Text(entry.caller);
  internal::BindIntOrNull(sink, internal::NumberOf(entry.account));
  internal::BindIntOrNull(sink, internal::NumberOf(entry.token));
  internal::BindIntOrNull(sink, internal::NumberOf(entry.client));
  internal::BindIntOrNull(sink, internal::NumberOf(entry.position));
  sink.Int(entry.hints);
  sink.Text(entry.service);
  sink.Text(entry.client_address);
  internal::BindIntOrNull(sink, internal::NumberOf(entry.device));
  sink.Int(entry.count);
}

template <typename Row>
AuditEntry Table<AuditEntry>::Read(Row& row) {
  AuditEntry entry;
  entry.sequence = row.Sequence();
  entry.at = row.Time();
  entry.event = row.template Enum<Event>();
  entry.reason = row.template EnumOrNull<Reason>();
  entry.caller = row.Text();
  entry.account = row.template IdOrNull<AccountId>();
  entry.token = row.template IdOrNull<TokenId>();
  entry.client = row.template IdOrNull<ClientId>();
  entry.position = row.PositionOrNull();
  entry.hints = row.template Number<Hints>();
  entry.service = row.Text();
  entry.client_address = row.Text();
  entry.device = row.template IdOrNull<DeviceId>();
  entry.count = row.template Number<uint32_t>();
  return entry;
}

}  // namespace pawl::db
