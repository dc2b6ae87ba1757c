// Sample records: well-formed rows with a value in every field, each id giving
// other unique keys.
#pragma once

#include <string>
#include <utility>

#include "db/spare_codes.h"
#include "db/store.h"

namespace pawl::testing {

inline constexpr UnixTime kSampleTime = FromUnixMillis(1'700'000'000'123);

// `size` bytes (at least 8) that differ from number to number, NUL included.
inline std::string SampleBytes(uint64_t number, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < sizeof(number); ++i) {
    bytes[i] = static_cast<char>(number >> (8 * i));
  }
  return bytes;
}

inline db::AccountRecord SampleAccount(uint64_t id) {
  return {.id = {id},
          .login = "login" + std::to_string(id) + "@example.org",
          .pin_mac = SampleBytes(id, 32),
          .policy = db::AccountPolicy::kOtpWeb,
          .device_passwords = false,
          .password = "$argon2id$" + std::to_string(id),
          .spare_codes = db::PackSpareCodes(
              {{.mac = SampleBytes(id, 16), .expires = kSampleTime},
               {.mac = SampleBytes(id + 1, 16), .used = true}}),
          .throttle = {.failures = 3, .last_failure = kSampleTime + Millis(1)},
          .created = kSampleTime + Millis(2),
          .modified = kSampleTime + Millis(3)};
}

inline db::TokenRecord SampleToken(uint64_t id) {
  return {.id = {id},
          .kind = db::TokenKind::kTotp,
          .confirmed = false,
          .public_id = "ubnu" + std::to_string(id),
          .label = "grey one",
          .hash = Hash::kSha256,
          .digits = 8,
          .period = 60,
          .t0 = -7,
          .window = 9,
          .position = 1000,
          .nonce_mark = 77,
          .drift = -2,
          .throttle = {.failures = 4, .last_failure = kSampleTime + Millis(4)},
          .sealed_secret = SampleBytes(id, 40),
          .fingerprint = SampleBytes(id, 16),
          .created = kSampleTime + Millis(5),
          .modified = kSampleTime + Millis(6),
          .last_used = kSampleTime + Millis(7)};
}

inline db::TokenRecord SampleToken(uint64_t id, db::AccountId account) {
  db::TokenRecord token = SampleToken(id);
  token.account = account;
  return token;
}

// `token` after a code at `to` was used.
inline db::TokenRecord Moved(const db::TokenRecord& token, db::Position to) {
  return db::Apply(token, {.advance_to = to}, kSampleTime).value();
}

inline db::ClientRecord SampleClient(uint64_t id) {
  return {.id = {id},
          .name = "webmail-" + std::to_string(id),
          .key_mac = SampleBytes(id, 32),
          .roles = static_cast<db::Roles>(db::Role::kLogin) |
                   static_cast<db::Roles>(db::Role::kAudit),
          .see_reasons = true,
          .services = "imap smtp",
          .created = kSampleTime + Millis(8),
          .modified = kSampleTime + Millis(9)};
}

inline db::DeviceRecord SampleDevice(uint64_t id, db::AccountId account) {
  return {.id = {id},
          .account = account,
          .type = "mail",
          .name = "phone " + std::to_string(id),
          .scopes = "mail contacts",
          .secret_mac = SampleBytes(id, 32),
          .created = kSampleTime + Millis(10),
          .modified = kSampleTime + Millis(11),
          .expires = kSampleTime + Millis(12),
          .last_used = kSampleTime + Millis(13),
          .last_address = "192.0.2.1",
          .last_service = "imap"};
}

inline db::BudgetRecord SampleBudget(uint64_t id) {
  return {.id = {id},
          .cause = db::Cause::kWrongCode,
          .account = db::AccountId{5000},
          .token = db::TokenId{6000},
          .source = "192.0.2.0/24",
          .service = "webmail",
          .throttle = {.failures = 2, .last_failure = kSampleTime + Millis(14)},
          .expires = kSampleTime + Millis(15)};
}

// `record` one version later, with `edit` done to it.
template <typename Record, typename Edit>
Record Edited(Record record, Edit edit) {
  ++record.version;
  edit(record);
  return record;
}

inline db::AttemptRecord SampleAttempt(uint64_t number) {
  return {.key = SampleBytes(number, 16),
          .binding = SampleBytes(~number, 16),
          .reason = db::Reason::kWrongPin,
          .account = db::AccountId{5000},
          .token = db::TokenId{6000},
          .hints = db::Hints{0} | db::Hint::kClockDrift | db::Hint::kUpperCase,
          .created = kSampleTime,
          .expires = kSampleTime + Millis(300'000)};
}

inline db::AuditEntry SampleAudit() {
  return {.at = kSampleTime,
          .event = db::Event::kLoginChecked,
          .reason = db::Reason::kGoodCode,
          .caller = "local",
          .account = db::AccountId{5000},
          .token = db::TokenId{6000},
          .client = db::ClientId{7000},
          .position = 1001,
          .hints = db::Hints{0} | db::Hint::kCounterJump,
          .service = "webmail",
          .client_address = "2001:db8::1",
          .device = db::DeviceId{8000},
          .count = 17};
}

// Commits of one row, with an audit entry about nothing.
inline db::Commit EmptyCommit() {
  return {.audit = {.caller = "local"}};
}

inline void Add(db::Commit& commit, db::Write<db::AccountRecord> write) {
  commit.accounts.push_back(std::move(write));
}
inline void Add(db::Commit& commit, db::Write<db::TokenRecord> write) {
  commit.tokens.push_back(std::move(write));
}
inline void Add(db::Commit& commit, db::Write<db::ClientRecord> write) {
  commit.clients.push_back(std::move(write));
}
inline void Add(db::Commit& commit, db::Write<db::DeviceRecord> write) {
  commit.devices.push_back(std::move(write));
}
inline void Add(db::Commit& commit, db::Write<db::BudgetRecord> write) {
  commit.budgets.push_back(std::move(write));
}

template <typename Record>
db::Commit InsertOf(const Record& record) {
  db::Commit commit = EmptyCommit();
  Add(commit, db::Write<Record>{.after = record});
  return commit;
}

template <typename Record>
db::Commit ReplacementOf(const Record& before, const Record& after) {
  db::Commit commit = EmptyCommit();
  Add(commit, db::Write<Record>{.before = before, .after = after});
  return commit;
}

template <typename Record>
db::Commit RemovalOf(const Record& record) {
  db::Commit commit = EmptyCommit();
  Add(commit, db::Write<Record>{.before = record});
  return commit;
}

}  // namespace pawl::testing
