// Every column keeps what is written to it.
#include <limits>

#include <gmock/gmock.h>

#include "db/spare_codes.h"
#include "tests/conformance/store_conformance.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::Edited;
using ::pawl::testing::EmptyCommit;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleAudit;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleBytes;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;
using std::string_literals::operator""s;

constexpr auto kNotFound = StatusCode::kNotFound;

// A text of the worst kind: NUL, no UTF-8, and what needs quoting.
const std::string kBinary = "\0a\xff\0ä€𝄞'\"\\\n"s;

// As many as there may be.
std::string ManySpareCodes() {
  std::vector<SpareCode> codes;
  for (size_t i = 0; i < kMaxSpareCodes; ++i) {
    codes.push_back({.mac = SampleBytes(i, 16), .used = i % 2 == 0});
  }
  return PackSpareCodes(codes);
}

TEST_P(StoreConformance, CreateThenLoad) {
  const AccountRecord account = SampleAccount(5000);
  const TokenRecord token = SampleToken(6000, account.id);
  const ClientRecord client = SampleClient(7000);
  const DeviceRecord device = SampleDevice(8000, account.id);
  const BudgetRecord budget = SampleBudget(9000);
  const AttemptRecord attempt = SampleAttempt(1);
  Commit commit{.accounts = {{.after = account}},
                .tokens = {{.after = token}},
                .clients = {{.after = client}},
                .devices = {{.after = device}},
                .budgets = {{.after = budget}},
                .attempt = attempt,
                .audit = SampleAudit()};
  Put(commit);

  const AccountSnapshot snapshot{.account = account, .tokens = {token}};
  EXPECT_THAT(store().FindAccount(account.login), IsOkAndHolds(snapshot));
  EXPECT_THAT(store().GetAccount(account.id), IsOkAndHolds(snapshot));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(token));
  EXPECT_THAT(store().FindToken(token.public_id), IsOkAndHolds(token));
  EXPECT_THAT(store().FindFingerprint(token.fingerprint), IsOkAndHolds(token));
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(client));
  EXPECT_THAT(store().GetDevice(device.id),
              IsOkAndHolds(DeviceSnapshot{device, account}));
  EXPECT_THAT(store().ListDevices({}), IsOkAndHolds(ElementsAre(device)));
  EXPECT_THAT(GetBudget(budget.id), IsOkAndHolds(budget));
  EXPECT_THAT(store().ListBudgets(account.id),
              IsOkAndHolds(ElementsAre(budget)));
  EXPECT_THAT(store().GetAttempt(attempt.key), IsOkAndHolds(attempt));
  AuditEntry entry = SampleAudit();
  entry.sequence = 1;
  EXPECT_THAT(store().ListAudit({}), IsOkAndHolds(ElementsAre(entry)));
}

TEST_P(StoreConformance, AbsentFieldsStayAbsent) {
  AccountRecord account = SampleAccount(5000);
  account.pin_mac.clear();
  account.password.clear();
  account.spare_codes.clear();
  TokenRecord token = SampleToken(6000);
  token.public_id.clear();
  token.label.clear();
  token.position = std::nullopt;
  token.last_used = std::nullopt;
  TokenRecord other = token;
  other.id.value = 6001;
  other.fingerprint = SampleToken(6001).fingerprint;
  Create(account);
  Create(token);
  Create(other);  // an empty public id is not unique
  const DeviceRecord device{.id = {8000},
                            .account = account.id,
                            .kind = DeviceKind::kLogin,
                            .type = "browser"};
  Create(device);
  const BudgetRecord budget{.id = {9000}};
  Create(budget);
  Commit commit = EmptyCommit();
  commit.attempt = SampleAttempt(1);
  commit.attempt->account = std::nullopt;
  commit.attempt->token = std::nullopt;
  commit.attempt->hints = 0;
  Put(commit);

  EXPECT_THAT(store().FindAccount(account.login),
              IsOkAndHolds(Field(&AccountSnapshot::account, account)));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(token));
  EXPECT_THAT(store().GetToken(other.id), IsOkAndHolds(other));
  EXPECT_THAT(store().GetAttempt(commit.attempt->key),
              IsOkAndHolds(*commit.attempt));
  EXPECT_EQ(store().GetDevice(device.id)->device, device);
  EXPECT_THAT(GetBudget(budget.id), IsOkAndHolds(budget));
  AuditEntry entry{.sequence = 6, .caller = "local"};
  EXPECT_THAT(store().ListAudit({.limit = 1}),
              IsOkAndHolds(ElementsAre(entry)));
}

TEST_P(StoreConformance, ReplacedRowsComeBackChangedInEveryField) {
  const auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  const TokenRecord& token = tokens.front();
  const ClientRecord client = SampleClient(7000);
  Create(client);
  AccountRecord new_account = SampleAccount(5001);
  new_account.id = account.id;
  new_account.version = 2;
  new_account.enabled = false;
  new_account.policy = AccountPolicy::kOtpOnly;
  new_account.device_passwords = true;
  TokenRecord new_token = SampleToken(6001);
  new_token.id = token.id;
  new_token.fingerprint = token.fingerprint;
  new_token.version = 2;
  new_token.enabled = false;
  new_token.confirmed = true;
  new_token.position = *token.position + 5;
  ClientRecord new_client = SampleClient(7001);
  new_client.id = client.id;
  new_client.version = 2;
  new_client.see_reasons = false;
  new_client.roles = static_cast<Roles>(Role::kSelfService);
  new_client.services.clear();
  Commit commit = ReplacementOf(token, new_token);
  commit.accounts.push_back({.before = account, .after = new_account});
  commit.clients.push_back({.before = client, .after = new_client});
  Put(commit);
  EXPECT_THAT(store().GetAccount(account.id).value().account, new_account);
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(new_token));
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(new_client));
}

// Only what differs is written, so each column has a statement of its own.
template <typename Record, typename Get>
void ExpectEachEditIsKept(Store& store, Record record,
                          const std::vector<void (*)(Record&)>& edits,
                          const Get& get) {
  for (const auto& edit : edits) {
    const Record after = Edited(record, edit);
    ASSERT_NE(after, Edited(record, [](Record&) {})) << &edit - edits.data();
    ASSERT_THAT(store.Commit(ReplacementOf(record, after)), IsOk())
        << &edit - edits.data();
    ASSERT_EQ(get(), after) << &edit - edits.data();
    record = after;
  }
}

TEST_P(StoreConformance, EachColumnOfADeviceIsKept) {
  Create(SampleAccount(5000));
  const DeviceRecord device = SampleDevice(8000, {5000});
  Create(device);
  ExpectEachEditIsKept<DeviceRecord>(
      store(), device,
      {[](auto& d) { d.type = kBinary; }, [](auto& d) { d.name = kBinary; },
       [](auto& d) { d.name.clear(); }, [](auto& d) { d.scopes = kBinary; },
       [](auto& d) { d.scopes.clear(); },
       [](auto& d) { d.secret_mac = SampleBytes(77, 32); },
       [](auto& d) { d.created += Millis(1); },
       [](auto& d) { d.modified += Millis(1); },
       [](auto& d) { d.expires = FromUnixMillis(-1); },
       [](auto& d) { d.expires = std::nullopt; },
       [](auto& d) { d.expires = FromUnixMillis(0); },
       [](auto& d) { d.last_used = std::nullopt; },
       [](auto& d) { d.last_used = FromUnixMillis(0); },
       [](auto& d) { d.last_address = kBinary; },
       [](auto& d) { d.last_address.clear(); },
       [](auto& d) { d.last_service = kBinary; },
       [](auto& d) { d.last_service.clear(); }},
      [&] { return store().GetDevice(device.id)->device; });
}

TEST_P(StoreConformance, EachColumnOfABudgetIsKept) {
  const BudgetRecord budget = SampleBudget(9000);
  Create(budget);
  ExpectEachEditIsKept<BudgetRecord>(
      store(), budget,
      {[](auto& b) { b.source = kBinary; }, [](auto& b) { b.source.clear(); },
       [](auto& b) { b.service = kBinary; }, [](auto& b) { b.service.clear(); },
       [](auto& b) { b.throttle.failures = ~uint32_t{0}; },
       [](auto& b) { b.throttle.last_failure = FromUnixMillis(-1); },
       [](auto& b) { b.expires = FromUnixMillis(-1); }},
      [&] { return GetBudget(budget.id).value(); });
}

TEST_P(StoreConformance, EachNewColumnOfOtherRowsIsKept) {
  const auto [account, tokens] = CreateAccountWithToken(5000, 6000);
  Create(SampleClient(7000));
  ExpectEachEditIsKept<AccountRecord>(
      store(), account,
      {[](auto& a) { a.policy = AccountPolicy::kPassword; },
       [](auto& a) { a.policy = AccountPolicy::kOtpWebDevicePasswords; },
       [](auto& a) { a.policy = AccountPolicy::kOtpOnly; },
       [](auto& a) { a.device_passwords = true; },
       [](auto& a) { a.password = kBinary; },
       [](auto& a) { a.password.clear(); },
       [](auto& a) { a.spare_codes.clear(); },
       [](auto& a) { a.spare_codes = ManySpareCodes(); }},
      [&] { return store().GetAccount({5000})->account; });
  ExpectEachEditIsKept<TokenRecord>(
      store(), tokens.front(),
      {[](auto& t) { t.confirmed = true; },
       [](auto& t) { t.confirmed = false; },
       [](auto& t) { t.nonce_mark = kMaxPosition; },
       [](auto& t) { t.nonce_mark = std::nullopt; },
       [](auto& t) { t.nonce_mark = 0; }},
      [&] { return store().GetToken({6000}).value(); });
  ExpectEachEditIsKept<ClientRecord>(
      store(), SampleClient(7000),
      {[](auto& c) { c.services = kBinary; },
       [](auto& c) { c.services.clear(); }},
      [&] { return store().GetClient({7000}).value(); });
}

TEST_P(StoreConformance, RowsWithTheOtherSecretAreKept) {
  ClientRecord client = SampleClient(7000);
  client.key_mac.clear();
  client.sealed_key = kBinary;
  Create(client);
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(client));
  TokenRecord cloud = SampleToken(6000);
  cloud.kind = TokenKind::kYubicloud;
  cloud.sealed_secret.clear();
  Create(cloud);
  EXPECT_THAT(store().GetToken(cloud.id), IsOkAndHolds(cloud));
}

TEST_P(StoreConformance, DevicesAndBudgetsOfEveryKindAreKept) {
  Create(SampleAccount(5000));
  uint64_t id = 8000;
  for (const DeviceKind kind :
       {DeviceKind::kPassword, DeviceKind::kSession, DeviceKind::kLogin}) {
    DeviceRecord device = SampleDevice(++id, {5000});
    device.kind = kind;
    device.secret_mac.resize(kind == DeviceKind::kLogin ? 0 : 32);
    Create(device);
    EXPECT_EQ(store().GetDevice(device.id)->device, device);
  }
  for (int cause = 1; cause <= static_cast<int>(Cause::kUsualPlace); ++cause) {
    BudgetRecord budget = SampleBudget(++id);
    budget.cause = static_cast<Cause>(cause);
    budget.account = cause % 2 == 0 ? budget.account : std::nullopt;
    budget.token = cause % 3 == 0 ? budget.token : std::nullopt;
    Create(budget);
    EXPECT_THAT(GetBudget(budget.id), IsOkAndHolds(budget));
  }
}

TEST_P(StoreConformance, LargeAndBinaryIdsAndTexts) {
  const std::string label = [&] {
    std::string text;
    while (text.size() < 4096) {
      text += kBinary;
    }
    return text;
  }();
  AccountRecord account = SampleAccount(kMaxPosition);
  account.login = kBinary;
  TokenRecord token = SampleToken(kMaxPosition, account.id);
  token.public_id = kBinary;
  token.label = label;
  token.sealed_secret = label;
  token.position = kMaxPosition;
  token.digits = 8;
  token.period = 86400;
  token.t0 = std::numeric_limits<int64_t>::min();
  token.drift = std::numeric_limits<int64_t>::min();
  token.window = std::numeric_limits<uint32_t>::max();
  token.throttle.failures = std::numeric_limits<uint32_t>::max();
  ClientRecord client = SampleClient(kMaxPosition);
  client.name = kBinary;
  client.services = label;
  DeviceRecord device = SampleDevice(kMaxDeviceId, account.id);
  device.type = label;
  BudgetRecord budget = SampleBudget(kMaxPosition);
  budget.account = account.id;
  budget.token = token.id;
  budget.source = label;
  Commit commit{.accounts = {{.after = account}},
                .tokens = {{.after = token}},
                .clients = {{.after = client}},
                .devices = {{.after = device}},
                .budgets = {{.after = budget}},
                .attempt = SampleAttempt(1),
                .audit = SampleAudit()};
  commit.attempt->key = "\0\0ab\0\xff\xfe 0123456"s + '\0';
  commit.attempt->account = account.id;
  commit.audit.caller = kBinary;
  commit.audit.service = label;
  commit.audit.token = token.id;
  commit.audit.position = kMaxPosition;
  commit.audit.device = device.id;
  commit.audit.count = std::numeric_limits<uint32_t>::max();
  ASSERT_EQ(commit.attempt->key.size(), 16U);
  Put(commit);
  harness().Reopen();

  EXPECT_THAT(store().FindAccount(kBinary).value().account, account);
  EXPECT_THAT(store().FindToken(kBinary), IsOkAndHolds(token));
  EXPECT_THAT(store().GetClient(client.id), IsOkAndHolds(client));
  EXPECT_THAT(store().GetDevice(device.id),
              IsOkAndHolds(DeviceSnapshot{device, account}));
  EXPECT_THAT(store().ListBudgets(account.id),
              IsOkAndHolds(ElementsAre(budget)));
  EXPECT_THAT(store().GetAttempt(commit.attempt->key),
              IsOkAndHolds(*commit.attempt));
  // A prefix up to the first NUL is another key.
  EXPECT_THAT(store().FindAccount(kBinary.substr(0, 1)), StatusIs(kNotFound));
  commit.audit.sequence = 1;
  EXPECT_THAT(store().ListAudit({.token = token.id}),
              IsOkAndHolds(ElementsAre(commit.audit)));
}

TEST_P(StoreConformance, TimesRoundTripToTheMillisecond) {
  const int64_t times[] = {0,
                           1,
                           -1,
                           1'700'000'000'123,
                           std::numeric_limits<int64_t>::max(),
                           std::numeric_limits<int64_t>::min()};
  uint64_t id = 5000;
  for (const int64_t time : times) {
    AccountRecord account = SampleAccount(++id);
    account.created = FromUnixMillis(time);
    account.throttle.last_failure = FromUnixMillis(time);
    Create(account);
    EXPECT_THAT(store().GetAccount(account.id).value().account, account)
        << time;
  }
}

}  // namespace
}  // namespace pawl::db
