#include "db/record.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleAudit;
using ::pawl::testing::SampleBytes;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;

constexpr UnixTime kNow = kSampleTime + Millis(1000);
constexpr auto kFailedPrecondition = StatusCode::kFailedPrecondition;

TEST(ApplyToToken, MovesForwardOnly) {
  struct Case {
    std::optional<Position> before;
    Position advance_to = 0;
    bool moves = false;
  };
  const Case cases[] = {
      {std::nullopt, 0, true},
      {std::nullopt, 1, true},
      {std::nullopt, kMaxPosition, true},
      {std::nullopt, kMaxPosition + 1, false},
      {0, 0, false},
      {0, 1, true},
      {7, 6, false},
      {7, 7, false},  // equal is a replay
      {7, 8, true},
      {7, 1'000'000, true},
      {kMaxPosition - 1, kMaxPosition, true},
      {kMaxPosition, kMaxPosition, false},
      {kMaxPosition, kMaxPosition + 1, false},
      {kMaxPosition, 0, false},
  };
  for (const Case& c : cases) {
    TokenRecord before = SampleToken(6000);
    before.position = c.before;
    const StatusOr<TokenRecord> after =
        Apply(before, {.advance_to = c.advance_to}, kNow);
    if (c.moves) {
      ASSERT_THAT(after, IsOk()) << &c - cases;
      EXPECT_EQ(after->position, c.advance_to) << &c - cases;
    } else {
      EXPECT_THAT(after, StatusIs(kFailedPrecondition)) << &c - cases;
    }
  }
}

TEST(ApplyToToken, ChangesWhatIsAskedAndNothingElse) {
  struct Case {
    TokenChange change;
    std::function<void(TokenRecord&)> expect;
  };
  const ThrottleState throttle{.failures = 8, .last_failure = kNow};
  TokenChange assign;
  assign.account = AccountId{5001};
  TokenChange unassign;
  unassign.account.emplace(std::nullopt);
  const Case cases[] = {
      {{}, [](TokenRecord&) {}},
      {{.advance_to = 1001}, [](TokenRecord& t) { t.position = 1001; }},
      {{.drift = 5}, [](TokenRecord& t) { t.drift = 5; }},
      {{.throttle = throttle}, [&](TokenRecord& t) { t.throttle = throttle; }},
      {{.used_at = kNow}, [](TokenRecord& t) { t.last_used = kNow; }},
      {{.enabled = false}, [](TokenRecord& t) { t.enabled = false; }},
      {{.label = "new"}, [](TokenRecord& t) { t.label = "new"; }},
      {{.label = ""}, [](TokenRecord& t) { t.label.clear(); }},
      {{.window = 0}, [](TokenRecord& t) { t.window = 0; }},
      {assign, [](TokenRecord& t) { t.account = AccountId{5001}; }},
      {unassign, [](TokenRecord& t) { t.account = std::nullopt; }},
      {{.erase = true},
       [](TokenRecord& t) {
         t.deleted = true;
         t.enabled = false;
         t.sealed_secret.clear();
         t.public_id.clear();
         t.label.clear();
         t.account = std::nullopt;
       }},
  };
  for (const Case& c : cases) {
    const TokenRecord before = SampleToken(6000, {5000});
    TokenRecord expected = before;
    c.expect(expected);
    expected.version = before.version + 1;
    expected.modified = kNow;
    EXPECT_THAT(Apply(before, c.change, kNow), IsOkAndHolds(expected))
        << &c - cases;
    const bool keeps_rules =
        c.change.advance_to != std::nullopt || MalformedField(expected).empty();
    EXPECT_TRUE(keeps_rules) << &c - cases;
    EXPECT_THAT(CheckReplacement(before, expected), IsOk()) << &c - cases;
  }
}

TEST(ApplyToToken, EraseWinsOverTheRest) {
  const TokenChange change{
      .advance_to = 2000, .enabled = true, .label = "x", .erase = true};
  const StatusOr<TokenRecord> after = Apply(SampleToken(6000), change, kNow);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->position, 2000U);
  EXPECT_FALSE(after->enabled);
  EXPECT_EQ(after->account, std::nullopt);
  EXPECT_EQ(MalformedField(*after), "");
}

TEST(ApplyToAccount, ChangesWhatIsAskedAndNothingElse) {
  struct Case {
    AccountChange change;
    std::function<void(AccountRecord&)> expect;
  };
  const ThrottleState throttle{.failures = 8, .last_failure = kNow};
  const Case cases[] = {
      {{}, [](AccountRecord&) {}},
      {{.throttle = throttle},
       [&](AccountRecord& a) { a.throttle = throttle; }},
      {{.login = "new"}, [](AccountRecord& a) { a.login = "new"; }},
      {{.pin_mac = ""}, [](AccountRecord& a) { a.pin_mac.clear(); }},
      {{.enabled = false}, [](AccountRecord& a) { a.enabled = false; }},
  };
  for (const Case& c : cases) {
    const AccountRecord before = SampleAccount(5000);
    AccountRecord expected = before;
    c.expect(expected);
    expected.version = before.version + 1;
    expected.modified = kNow;
    EXPECT_EQ(Apply(before, c.change, kNow), expected) << &c - cases;
  }
}

TEST(Changes, AreEmptyOnlyWhenNothingIsAsked) {
  TokenChange assign;
  assign.account.emplace(std::nullopt);
  const TokenChange token_changes[] = {
      {.advance_to = 0}, {.drift = 0},       {.throttle = ThrottleState{}},
      {.used_at = kNow}, {.enabled = false}, {.label = ""},
      {.window = 0},     {.erase = true},    assign};
  for (const TokenChange& change : token_changes) {
    EXPECT_FALSE(change.Empty()) << &change - token_changes;
  }
  const AccountChange account_changes[] = {{.throttle = ThrottleState{}},
                                           {.login = ""},
                                           {.pin_mac = ""},
                                           {.enabled = false}};
  for (const AccountChange& change : account_changes) {
    EXPECT_FALSE(change.Empty()) << &change - account_changes;
  }
  EXPECT_TRUE(TokenChange{}.Empty());
  EXPECT_TRUE(AccountChange{}.Empty());
}

TEST(CheckReplacement, RefusesWhatNoTokenMayBecome) {
  using Spoil = std::function<void(TokenRecord&)>;
  const Spoil spoils[] = {
      [](TokenRecord& t) { t.id.value = 6001; },
      [](TokenRecord& t) { t.version = 1; },
      [](TokenRecord& t) { t.version = 3; },
      [](TokenRecord& t) { t.kind = TokenKind::kMotp; },
      [](TokenRecord& t) { t.fingerprint = SampleBytes(6001, 16); },
      [](TokenRecord& t) { t.position = std::nullopt; },
      [](TokenRecord& t) { t.position = 999; },
  };
  for (const Spoil& spoil : spoils) {
    const TokenRecord before = SampleToken(6000);
    TokenRecord after = before;
    after.version = 2;
    EXPECT_THAT(CheckReplacement(before, after), IsOk());
    spoil(after);
    EXPECT_THAT(CheckReplacement(before, after),
                StatusIs(StatusCode::kInternal))
        << &spoil - spoils;
  }
}

TEST(CheckReplacement, LetsATokenBeRevivedAtItsPosition) {
  const TokenRecord erased =
      Apply(SampleToken(6000), {.erase = true}, kNow).value();
  TokenRecord revived = SampleToken(6000, {5000});
  revived.version = erased.version + 1;
  EXPECT_THAT(CheckReplacement(erased, revived), IsOk());
  revived.position = *revived.position - 1;
  EXPECT_THAT(CheckReplacement(erased, revived),
              StatusIs(StatusCode::kInternal));
}

TEST(CheckReplacement, KeepsStrangersAndAccountsApart) {
  const AccountRecord stranger{.id = {7}};
  EXPECT_THAT(CheckReplacement(stranger, Apply(stranger, {}, kNow)), IsOk());
  EXPECT_THAT(CheckReplacement(stranger, Apply(stranger, {.login = "x"}, kNow)),
              StatusIs(StatusCode::kInternal));
  const AccountRecord account = SampleAccount(5000);
  EXPECT_THAT(CheckReplacement(account, Apply(account, {.login = "x"}, kNow)),
              IsOk());
  EXPECT_THAT(CheckReplacement(account, Apply(account, {.login = ""}, kNow)),
              StatusIs(StatusCode::kInternal));
}

TEST(CheckReplacement, WantsTheSameClientOneVersionLater) {
  const ClientRecord before = SampleClient(7000);
  ClientRecord after = before;
  EXPECT_THAT(CheckReplacement(before, after), StatusIs(StatusCode::kInternal));
  after.version = 2;
  EXPECT_THAT(CheckReplacement(before, after), IsOk());
  after.id.value = 7001;
  EXPECT_THAT(CheckReplacement(before, after), StatusIs(StatusCode::kInternal));
}

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
    EXPECT_EQ(MalformedField(record), c.field);
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
       {"kind", [](auto& t) { t.kind = TokenKind{5}; }},
       {"hash", [](auto& t) { t.hash = Hash{4}; }},
       {"account_id", [](auto& t) { t.account = AccountId{0}; }},
       {"digits", [](auto& t) { t.digits = -1; }},
       {"period", [](auto& t) { t.period = -1; }},
       {"position", [&](auto& t) { t.position = far; }},
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

TEST(MalformedField, NamesWhatNoOtherRecordHas) {
  ExpectMalformed<AccountRecord>(
      SampleAccount(5000), {{"id", [](auto& a) { a.id.value = 0; }},
                            {"version", [](auto& a) { a.version = 0; }},
                            {"pin_mac", [](auto& a) { a.pin_mac = "1234"; }}});
  ExpectMalformed<ClientRecord>(
      SampleClient(7000), {{"id", [](auto& c) { c.id.value = 0; }},
                           {"version", [](auto& c) { c.version = 0; }},
                           {"name", [](auto& c) { c.name.clear(); }},
                           {"key_mac", [](auto& c) { c.key_mac.clear(); }},
                           {"roles", [](auto& c) { c.roles = 8; }}});
  ExpectMalformed<AttemptRecord>(
      SampleAttempt(8000),
      {{"key", [](auto& a) { a.key.clear(); }},
       {"binding", [](auto& a) { a.binding.clear(); }},
       {"reason", [](auto& a) { a.reason = Reason{15}; }},
       {"account_id", [](auto& a) { a.account = AccountId{0}; }},
       {"token_id", [](auto& a) { a.token = TokenId{0}; }},
       {"hints", [](auto& a) { a.hints = 32; }}});
  ExpectMalformed<AuditEntry>(
      SampleAudit(),
      {{"event", [](auto& e) { e.event = Event{4}; }},
       {"reason", [](auto& e) { e.reason = Reason{0}; }},
       {"caller", [](auto& e) { e.caller.clear(); }},
       {"account_id", [](auto& e) { e.account = AccountId{0}; }},
       {"token_id", [](auto& e) { e.token = TokenId{0}; }},
       {"client_id", [](auto& e) { e.client = ClientId{0}; }},
       {"position", [](auto& e) { e.position = kMaxPosition + 1; }},
       {"hints", [](auto& e) { e.hints = 32; }}});
}

TEST(IsStorable, IsOneToTheLargestSignedNumber) {
  EXPECT_FALSE(IsStorable(0));
  EXPECT_TRUE(IsStorable(1));
  EXPECT_TRUE(IsStorable(kMaxPosition));
  EXPECT_FALSE(IsStorable(kMaxPosition + 1));
}

}  // namespace
}  // namespace pawl::db
