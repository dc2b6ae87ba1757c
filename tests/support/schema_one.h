// What a database of schema 1 has after its upgrade: what it had, and defaults.
// The tests of the engines write the rows, each in its SQL.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::testing {

// kim, account 5000, with token 6000; the client 7000; a deleted token; a
// stranger who was asked for; an attempt of 16 'k'; two audit entries.
struct SchemaOne {
  db::AccountRecord account{
      .id = {5000},
      .version = 3,
      .login = "kim",
      .pin_mac = std::string(32, 'p'),
      .enabled = false,
      .policy = db::AccountPolicy::kOtpWebDevicePasswords,
      .device_passwords = true,
      .throttle = {.failures = 2, .last_failure = FromUnixMillis(21)},
      .created = FromUnixMillis(22),
      .modified = FromUnixMillis(23)};
  db::AccountRecord stranger{
      .id = {7},
      .version = 2,
      .throttle = {.failures = 1, .last_failure = FromUnixMillis(24)}};
  db::TokenRecord token{
      .id = {6000},
      .version = 9,
      .kind = db::TokenKind::kTotp,
      .account = db::AccountId{5000},
      .confirmed = true,
      .public_id = "ubnu",
      .label = "grey",
      .hash = Hash::kSha256,
      .digits = 8,
      .period = 60,
      .t0 = -7,
      .window = 3,
      .position = 1234,
      .drift = -2,
      .throttle = {.failures = 4, .last_failure = FromUnixMillis(31)},
      .sealed_secret = "sealed",
      .fingerprint = std::string(16, 'f'),
      .created = FromUnixMillis(32),
      .modified = FromUnixMillis(33),
      .last_used = FromUnixMillis(34)};
  db::TokenRecord deleted{.id = {6001},
                          .version = 2,
                          .deleted = true,
                          .enabled = false,
                          .confirmed = true,
                          .position = 77,
                          .fingerprint = std::string(16, 'g')};
  db::ClientRecord client{.id = {7000},
                          .version = 1,
                          .name = "webmail",
                          .key_mac = std::string(32, 'c'),
                          .roles = 5,
                          .see_reasons = true,
                          .services = "",
                          .created = FromUnixMillis(41),
                          .modified = FromUnixMillis(42)};
  db::AttemptRecord attempt{.key = std::string(16, 'k'),
                            .binding = std::string(16, 'b'),
                            .reason = db::Reason::kWrongPin,
                            .account = db::AccountId{5000},
                            .hints = 4,
                            .created = FromUnixMillis(51),
                            .expires = FromUnixMillis(52)};
  db::AuditEntry first{.sequence = 1,
                       .at = FromUnixMillis(61),
                       .event = db::Event::kAccountCreated,
                       .caller = "local",
                       .account = db::AccountId{5000},
                       .count = 1};
  db::AuditEntry second{.sequence = 2,
                        .at = FromUnixMillis(62),
                        .reason = db::Reason::kGoodCode,
                        .caller = "cli_1",
                        .account = db::AccountId{5000},
                        .token = db::TokenId{6000},
                        .client = db::ClientId{7000},
                        .position = 1234,
                        .hints = 2,
                        .service = "imap",
                        .client_address = "192.0.2.1",
                        .count = 1};
};

inline void ExpectSchemaOne(db::Store& store) {
  using ::testing::ElementsAre;
  const SchemaOne was;
  EXPECT_THAT(store.FindAccount("kim"),
              IsOkAndHolds(db::AccountSnapshot{was.account, {was.token}}));
  EXPECT_THAT(store.GetAccount(was.stranger.id),
              IsOkAndHolds(db::AccountSnapshot{.account = was.stranger}));
  EXPECT_THAT(store.GetAccount({db::Store::kStrangers}),
              IsOkAndHolds(db::AccountSnapshot{
                  .account = {.id = {db::Store::kStrangers}}}));
  EXPECT_THAT(store.ListAccounts({}), IsOkAndHolds(ElementsAre(was.account)));
  EXPECT_THAT(store.GetToken(was.token.id), IsOkAndHolds(was.token));
  EXPECT_THAT(store.FindFingerprint(was.deleted.fingerprint),
              IsOkAndHolds(was.deleted));
  EXPECT_THAT(store.GetClient(was.client.id), IsOkAndHolds(was.client));
  EXPECT_THAT(store.GetAttempt(was.attempt.key), IsOkAndHolds(was.attempt));
  EXPECT_THAT(store.ListAudit({}),
              IsOkAndHolds(ElementsAre(was.second, was.first)));
  EXPECT_THAT(store.GetServerSecret("pepper"),
              IsOkAndHolds(std::string("sealed pepper")));
}

// What is new works on rows that are old.
inline void ExpectSchemaOneGoesOn(db::Store& store) {
  const SchemaOne was;
  db::Commit commit = ReplacementOf(
      was.account, db::Apply(was.account,
                             {.policy = db::AccountPolicy::kOtpOnly,
                              .password = "$argon2id$",
                              .spare_codes = SampleAccount(1).spare_codes},
                             kSampleTime));
  commit.tokens = {{.before = was.token, .after = Moved(was.token, 1235)}};
  commit.devices = {{.after = SampleDevice(8000, was.account.id)}};
  commit.budgets = {{.after = SampleBudget(9000)}};
  commit.audit.device = db::DeviceId{8000};
  commit.audit.count = 2;
  ASSERT_THAT(store.Commit(commit), IsOk());
  EXPECT_THAT(store.GetDevice({8000}),
              IsOkAndHolds(db::DeviceSnapshot{*commit.devices[0].after,
                                              *commit.accounts[0].after}));
  commit.audit.sequence = 3;
  EXPECT_EQ(store.ListAudit({}).value().front(), commit.audit);
}

}  // namespace pawl::testing
