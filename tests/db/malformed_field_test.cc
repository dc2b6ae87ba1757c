// What the stores refuse to write, and to read.
#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/record.h"
#include "tests/support/sample_records.h"

namespace pawl::db {
namespace {

using ::pawl::testing::kSampleTime;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleAudit;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleBytes;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;

constexpr UnixTime kNow = kSampleTime + Millis(1000);

template <typename Record>
struct MalformedCase {
  const char* field;
  std::function<void(Record&)> spoil;
};

template <typename Record>
void ExpectMalformed(const Record& good,
                     const std::vector<MalformedCase<Record>>& cases) {
  EXPECT_EQ(MalformedField(good), "");
  for (const MalformedCase<Record>& c : cases) {
    Record record = good;
    c.spoil(record);
    EXPECT_EQ(MalformedField(record), c.field) << &c - cases.data();
  }
}

TEST(MalformedField, NamesWhatNoTokenHas) {
  const auto far = kMaxPosition + 1;
  ExpectMalformed<TokenRecord>(
      SampleToken(6000, {5000}),
      {{"id", [](auto& t) { t.id.value = 0; }},
       {"id", [&](auto& t) { t.id.value = far; }},
       {"version", [](auto& t) { t.version = 0; }},
       {"kind", [](auto& t) { t.kind = TokenKind{0}; }},
       {"kind", [](auto& t) { t.kind = TokenKind{6}; }},
       {"sealed_secret", [](auto& t) { t.kind = TokenKind::kYubicloud; }},
       {"hash", [](auto& t) { t.hash = Hash{4}; }},
       {"account_id", [](auto& t) { t.account = AccountId{0}; }},
       {"digits", [](auto& t) { t.digits = -1; }},
       {"period", [](auto& t) { t.period = -1; }},
       {"position", [&](auto& t) { t.position = far; }},
       {"nonce_mark", [&](auto& t) { t.nonce_mark = far; }},
       {"fingerprint", [](auto& t) { t.fingerprint.clear(); }},
       {"fingerprint", [](auto& t) { t.fingerprint += 'x'; }},
       {"sealed_secret", [](auto& t) { t.sealed_secret.clear(); }},
       {"enabled", [](auto& t) { t.deleted = true; }}});
  ExpectMalformed<TokenRecord>(
      Apply(SampleToken(6000), {.erase = true}, kNow).value(),
      {{"account_id", [](auto& t) { t.account = AccountId{5000}; }},
       {"public_id", [](auto& t) { t.public_id = "x"; }},
       {"sealed_secret", [](auto& t) { t.sealed_secret = "x"; }},
       {"enabled", [](auto& t) { t.enabled = true; }},
       {"sealed_secret", [](auto& t) { t.deleted = false; }}});
}

TEST(MalformedField, SomeRecordsHaveOneSecretOfTwo) {
  TokenRecord cloud = SampleToken(6000);
  cloud.kind = TokenKind::kYubicloud;
  cloud.sealed_secret.clear();
  EXPECT_EQ(MalformedField(cloud), "");
  ClientRecord wsapi = SampleClient(kMaxWsapiId);
  wsapi.key_mac.clear();
  wsapi.sealed_key = "sealed";
  EXPECT_EQ(MalformedField(wsapi), "");
  wsapi.id.value = kMaxWsapiId + 1;
  EXPECT_EQ(MalformedField(wsapi), "sealed_key");
}

TEST(MalformedField, NamesWhatNoOtherRecordHas) {
  ExpectMalformed<AccountRecord>(
      SampleAccount(5000),
      {{"id", [](auto& a) { a.id.value = 0; }},
       {"version", [](auto& a) { a.version = 0; }},
       {"pin_mac", [](auto& a) { a.pin_mac = "1234"; }},
       {"policy", [](auto& a) { a.policy = AccountPolicy{0}; }},
       {"policy", [](auto& a) { a.policy = AccountPolicy{5}; }},
       {"spare_codes", [](auto& a) { a.spare_codes.pop_back(); }},
       {"spare_codes", [](auto& a) { a.spare_codes[16] = 2; }}});
  ExpectMalformed<ClientRecord>(
      SampleClient(7000), {{"id", [](auto& c) { c.id.value = 0; }},
                           {"version", [](auto& c) { c.version = 0; }},
                           {"name", [](auto& c) { c.name.clear(); }},
                           {"key_mac", [](auto& c) { c.key_mac.clear(); }},
                           {"roles", [](auto& c) { c.roles = 16; }},
                           {"key_mac", [](auto& c) { c.sealed_key = "x"; }},
                           {"key_mac", [](auto& c) { c.key_mac = "x"; }}});
  ExpectMalformed<AttemptRecord>(
      SampleAttempt(8000),
      {{"key", [](auto& a) { a.key.clear(); }},
       {"binding", [](auto& a) { a.binding.clear(); }},
       {"reason", [](auto& a) { a.reason = Reason{0}; }},
       {"reason", [](auto& a) { a.reason = Reason{25}; }},
       {"account_id", [](auto& a) { a.account = AccountId{0}; }},
       {"token_id", [](auto& a) { a.token = TokenId{0}; }},
       {"hints", [](auto& a) { a.hints = 256; }}});
  ExpectMalformed<AuditEntry>(
      SampleAudit(),
      {{"event", [](auto& e) { e.event = Event{4}; }},
       {"reason", [](auto& e) { e.reason = Reason{0}; }},
       {"caller", [](auto& e) { e.caller.clear(); }},
       {"account_id", [](auto& e) { e.account = AccountId{0}; }},
       {"token_id", [](auto& e) { e.token = TokenId{0}; }},
       {"client_id", [](auto& e) { e.client = ClientId{0}; }},
       {"position", [](auto& e) { e.position = kMaxPosition + 1; }},
       {"hints", [](auto& e) { e.hints = 256; }},
       {"device_id", [](auto& e) { e.device = DeviceId{0}; }},
       {"device_id", [](auto& e) { e.device = DeviceId{kMaxDeviceId + 1}; }},
       {"count", [](auto& e) { e.count = 0; }}});
}

TEST(MalformedField, NamesWhatNoDeviceHas) {
  ExpectMalformed<DeviceRecord>(
      SampleDevice(8000, {5000}),
      {{"id", [](auto& d) { d.id.value = 0; }},
       {"id", [](auto& d) { d.id.value = kMaxDeviceId + 1; }},
       {"version", [](auto& d) { d.version = 0; }},
       {"account_id", [](auto& d) { d.account.value = 0; }},
       {"account_id", [](auto& d) { d.account.value = kMaxPosition + 1; }},
       {"kind", [](auto& d) { d.kind = DeviceKind{0}; }},
       {"kind", [](auto& d) { d.kind = DeviceKind{4}; }},
       {"type", [](auto& d) { d.type.clear(); }},
       {"secret_mac", [](auto& d) { d.secret_mac.clear(); }},
       {"secret_mac", [](auto& d) { d.secret_mac += 'x'; }},
       {"secret_mac", [](auto& d) { d.kind = DeviceKind::kLogin; }}});
}

// A device that was only seen opens nothing, so it has no secret; all others
// have one, whatever else they lack.
TEST(MalformedField, KnowsWhichDevicesHaveASecret) {
  DeviceRecord bare{.id = {kMaxDeviceId}, .account = {1}, .type = "x"};
  for (const DeviceKind kind :
       {DeviceKind::kPassword, DeviceKind::kSession, DeviceKind::kLogin}) {
    bare.kind = kind;
    const bool has_secret = kind != DeviceKind::kLogin;
    bare.secret_mac.clear();
    EXPECT_EQ(MalformedField(bare), has_secret ? "secret_mac" : "");
    bare.secret_mac = SampleBytes(1, 32);
    EXPECT_EQ(MalformedField(bare), has_secret ? "" : "secret_mac");
  }
}

TEST(MalformedField, NamesWhatNoBudgetHas) {
  ExpectMalformed<BudgetRecord>(
      SampleBudget(9000),
      {{"id", [](auto& b) { b.id.value = 0; }},
       {"id", [](auto& b) { b.id.value = kMaxPosition + 1; }},
       {"version", [](auto& b) { b.version = 0; }},
       {"cause", [](auto& b) { b.cause = Cause{0}; }},
       {"cause", [](auto& b) { b.cause = Cause{9}; }},
       {"account_id", [](auto& b) { b.account = AccountId{0}; }},
       {"account_id", [](auto& b) { b.account = AccountId{~uint64_t{0}}; }},
       {"token_id", [](auto& b) { b.token = TokenId{0}; }}});
  EXPECT_EQ(MalformedField(BudgetRecord{.id = {1}}), "");
}

TEST(MalformedField, EveryKnownNumberIsRight) {
  AttemptRecord attempt = SampleAttempt(1);
  for (int reason = 1; reason <= 24; ++reason) {
    attempt.reason = static_cast<Reason>(reason);
    EXPECT_EQ(MalformedField(attempt), "") << reason;
  }
  attempt.hints = 255;
  EXPECT_EQ(MalformedField(attempt), "");
  ClientRecord client = SampleClient(7000);
  client.roles = 15;
  EXPECT_EQ(MalformedField(client), "");
  AccountRecord account = SampleAccount(5000);
  for (int policy = 1; policy <= 4; ++policy) {
    account.policy = static_cast<AccountPolicy>(policy);
    EXPECT_EQ(MalformedField(account), "") << policy;
  }
}

}  // namespace
}  // namespace pawl::db
