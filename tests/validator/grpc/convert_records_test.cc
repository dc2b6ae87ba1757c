#include "validator/grpc/convert_records.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "db/spare_codes.h"
#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using db::Reason;
using db::TokenKind;

constexpr UnixTime kTime = FromUnixMillis(1'700'000'000'000);

TEST(ConvertToken, SaysWhatItsKindMakesMeaningful) {
  const ThrottlePolicy throttle;
  for (const TokenKind kind : {TokenKind::kYubico, TokenKind::kHotp,
                               TokenKind::kTotp, TokenKind::kMotp}) {
    v1::Token out;
    ToProto(db::TokenRecord{.id = {7}, .kind = kind, .drift = 3}, throttle,
            &out);
    const bool timed = kind == TokenKind::kTotp || kind == TokenKind::kMotp;
    const bool hashed = kind == TokenKind::kTotp || kind == TokenKind::kHotp;
    EXPECT_EQ(out.drift(), timed ? 3 : 0) << db::ToString(kind);
    EXPECT_EQ(out.hash() != v1::HASH_ALGORITHM_UNSPECIFIED, hashed)
        << db::ToString(kind);
  }
}

TEST(ConvertToken, SaysWhetherItIsConfirmed) {
  for (const bool confirmed : {true, false}) {
    v1::Token out;
    ToProto(db::TokenRecord{.id = {7}, .confirmed = confirmed}, {}, &out);
    EXPECT_EQ(out.confirmed(), confirmed);
  }
}

TEST(ConvertAccount, CarriesWhatLetsIn) {
  db::AccountRecord account{.id = {5000},
                            .login = "alice",
                            .policy = db::AccountPolicy::kOtpOnly,
                            .device_passwords = false,
                            .password = "$argon2id$..."};
  v1::Account out;
  ToProto(account, &out);
  EXPECT_EQ(out.policy(), v1::POLICY_OTP_ONLY);
  EXPECT_TRUE(out.has_password());
  EXPECT_FALSE(out.device_passwords());
  EXPECT_FALSE(out.has_pin());
  account.password.clear();
  account.device_passwords = true;
  ToProto(account, &out);
  EXPECT_FALSE(out.has_password());
  EXPECT_TRUE(out.device_passwords());
}

TEST(ConvertAccount, CountsTheRecoveryCodesThatAreLeft) {
  const std::string mac(16, 'm');
  const db::AccountRecord account{
      .id = {5000},
      .spare_codes = db::PackSpareCodes({{.mac = mac},
                                         {.mac = mac, .used = true},
                                         {.mac = mac, .expires = kTime},
                                         {.mac = mac}})};
  v1::Account out;
  ToProto(account, &out);
  EXPECT_EQ(out.recovery_codes_left(), 2);
}

TEST(ConvertBlock, CarriesEverything) {
  v1::Block out;
  ToProto(Block{.cause = db::Cause::kWrongCode,
                .source = "192.0.2.0/24",
                .service = "imap",
                .failures = 6,
                .retry_after = Millis(1500)},
          &out);
  EXPECT_EQ(out.ShortDebugString(),
            "cause: CAUSE_WRONG_CODE source: \"192.0.2.0/24\" service: "
            "\"imap\" failures: 6 retry_after { seconds: 1 nanos: 500000000 }");
}

TEST(ConvertBlock, ThatKeepsNobodyOutHasNoRetryAfter) {
  v1::Block out;
  ToProto(Block{.cause = db::Cause::kPassword, .failures = 1}, &out);
  EXPECT_FALSE(out.has_retry_after());
}

TEST(ConvertClient, CarriesItsServices) {
  v1::Client out;
  ToProto(db::ClientRecord{.id = {3},
                           .roles = static_cast<db::Roles>(db::Role::kLogin),
                           .services = "imap smtp"},
          &out);
  ASSERT_EQ(out.services_size(), 2);
  EXPECT_EQ(out.services(0), "imap");
  EXPECT_EQ(out.services(1), "smtp");
  ASSERT_EQ(out.roles_size(), 1);
  EXPECT_EQ(out.roles(0), v1::ROLE_LOGIN);
}

TEST(ConvertDevice, CarriesEverythingButItsSecret) {
  db::DeviceRecord device{.id = {9},
                          .account = {5000},
                          .kind = db::DeviceKind::kSession,
                          .type = "browser",
                          .name = "Firefox on Linux",
                          .scopes = "mail calendar",
                          .secret_mac = "geheim",
                          .created = kTime,
                          .last_address = "192.0.2.1",
                          .last_service = "imap"};
  v1::Device out;
  ToProto(device, &out);
  EXPECT_EQ(out.id(), db::ToString(device.id));
  EXPECT_EQ(out.account_id(), db::ToString(device.account));
  EXPECT_EQ(out.kind(), v1::DEVICE_KIND_SESSION);
  EXPECT_EQ(out.type(), "browser");
  EXPECT_EQ(out.name(), "Firefox on Linux");
  ASSERT_EQ(out.scopes_size(), 2);
  EXPECT_EQ(out.scopes(1), "calendar");
  EXPECT_EQ(out.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(out.last_address(), "192.0.2.1");
  EXPECT_EQ(out.last_service(), "imap");
  EXPECT_FALSE(out.has_last_used_time());
  EXPECT_FALSE(out.has_expire_time());
  EXPECT_EQ(out.SerializeAsString().find("geheim"), std::string::npos);
  device.last_used = device.expires = kTime;
  ToProto(device, &out);
  EXPECT_TRUE(out.has_last_used_time());
  EXPECT_TRUE(out.has_expire_time());
}

TEST(ConvertAudit, CarriesDeviceAndCount) {
  v1::AuditEntry out;
  ToProto(
      db::AuditEntry{
          .reason = Reason::kDelegate, .device = db::DeviceId{9}, .count = 12},
      &out);
  EXPECT_EQ(out.device_id(), db::ToString(db::DeviceId{9}));
  EXPECT_EQ(out.count(), 12);
  EXPECT_EQ(out.verdict(), v1::VERDICT_DELEGATED);
  EXPECT_EQ(out.reason(), v1::REASON_DELEGATE);
}

TEST(ConvertCatalogue, CarriesServicesAndTypes) {
  const StatusOr<Catalogue> catalogue =
      Catalogue::Parse("web", "imap:mail mailbox:mail:internal", "all=mail");
  ASSERT_TRUE(catalogue.ok());
  v1::ListServicesResponse out;
  ToProto(*catalogue, &out);
  EXPECT_EQ(out.ShortDebugString(),
            "services { name: \"imap\" kind: SERVICE_KIND_SYNC scope: \"mail\" "
            "} services { name: \"mailbox\" kind: SERVICE_KIND_SYNC scope: "
            "\"mail\" internal: true } services { name: \"web\" kind: "
            "SERVICE_KIND_INTERACTIVE } device_types { name: \"all\" scopes: "
            "\"mail\" }");
}

TEST(ConvertExplanation, NamesEachPermittedKindOnce) {
  v1::ExplainCredentialResponse out;
  ToProto(Explanation{.permitted = {CredentialKind::kCode,
                                    CredentialKind::kAccountPassword,
                                    CredentialKind::kDevicePassword,
                                    CredentialKind::kSession}},
          &out);
  EXPECT_EQ(out.ShortDebugString(),
            "permitted: CREDENTIAL_KIND_CODE "
            "permitted: CREDENTIAL_KIND_RECOVERY_CODE "
            "permitted: CREDENTIAL_KIND_ACCOUNT_PASSWORD "
            "permitted: CREDENTIAL_KIND_DEVICE_PASSWORD");
}

TEST(ConvertExplanation, DescribesCodes) {
  const db::TokenRecord token{.id = {7}, .kind = TokenKind::kTotp};
  v1::ExplainCredentialResponse out;
  ToProto(Explanation{.readings = {{.kind = CredentialKind::kCode,
                                    .pin_length = 4,
                                    .token = token,
                                    .freshness = Freshness::kFresh,
                                    .distance = 2,
                                    .drift = -1,
                                    .hints = 0U | db::Hint::kUpperCase,
                                    .obstacle = Reason::kTokenDisabled},
                                   {.kind = CredentialKind::kCode,
                                    .recovery_code = true,
                                    .freshness = Freshness::kStale},
                                   {.kind = CredentialKind::kCode,
                                    .freshness = Freshness::kNone}}},
          &out);
  ASSERT_EQ(out.readings_size(), 3);
  EXPECT_EQ(out.readings(0).ShortDebugString(),
            "kind: CREDENTIAL_KIND_CODE pin_length: 4 token_id: \"" +
                db::ToString(token.id) +
                "\" token_kind: TOKEN_KIND_TOTP freshness: FRESHNESS_FRESH "
                "distance: 2 drift: -1 hints: HINT_UPPER_CASE "
                "obstacle: REASON_TOKEN_DISABLED");
  EXPECT_EQ(out.readings(1).ShortDebugString(),
            "kind: CREDENTIAL_KIND_RECOVERY_CODE freshness: FRESHNESS_STALE");
  EXPECT_EQ(out.readings(2).ShortDebugString(),
            "kind: CREDENTIAL_KIND_CODE freshness: FRESHNESS_NONE");
}

TEST(ConvertExplanation, SaysNothingOfCodesWhereThereIsNone) {
  v1::ExplainCredentialResponse out;
  ToProto(Explanation{.readings = {{.kind = CredentialKind::kAccountPassword},
                                   {.kind = CredentialKind::kDevicePassword,
                                    .device = db::DeviceId{9}}}},
          &out);
  ASSERT_EQ(out.readings_size(), 2);
  EXPECT_EQ(out.readings(0).ShortDebugString(),
            "kind: CREDENTIAL_KIND_ACCOUNT_PASSWORD");
  EXPECT_EQ(out.readings(1).ShortDebugString(),
            "kind: CREDENTIAL_KIND_DEVICE_PASSWORD device_id: \"" +
                db::ToString(db::DeviceId{9}) + "\"");
}

}  // namespace
}  // namespace pawl::validator
