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
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleBytes;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleDevice;
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
      {{.advance_to = 1001, .nonce_mark = 5},
       [](TokenRecord& t) {
         t.position = 1001;
         t.nonce_mark = 5;
       }},
      {{.advance_to = 1001},
       [](TokenRecord& t) {
         t.position = 1001;
         t.nonce_mark = std::nullopt;
       }},
      {{.drift = 5}, [](TokenRecord& t) { t.drift = 5; }},
      {{.throttle = throttle}, [&](TokenRecord& t) { t.throttle = throttle; }},
      {{.used_at = kNow}, [](TokenRecord& t) { t.last_used = kNow; }},
      {{.enabled = false}, [](TokenRecord& t) { t.enabled = false; }},
      {{.label = "new"}, [](TokenRecord& t) { t.label = "new"; }},
      {{.label = ""}, [](TokenRecord& t) { t.label.clear(); }},
      {{.window = 0}, [](TokenRecord& t) { t.window = 0; }},
      {{.confirmed = true}, [](TokenRecord& t) { t.confirmed = true; }},
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
         t.nonce_mark = std::nullopt;
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
      {{.policy = AccountPolicy::kOtpOnly},
       [](AccountRecord& a) { a.policy = AccountPolicy::kOtpOnly; }},
      {{.device_passwords = true},
       [](AccountRecord& a) { a.device_passwords = true; }},
      {{.password = ""}, [](AccountRecord& a) { a.password.clear(); }},
      {{.spare_codes = ""}, [](AccountRecord& a) { a.spare_codes.clear(); }},
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

TEST(ApplyToDevice, ChangesWhatIsAskedAndNothingElse) {
  struct Case {
    DeviceChange change;
    std::function<void(DeviceRecord&)> expect;
  };
  DeviceChange forever;
  forever.expires.emplace(std::nullopt);
  const Case cases[] = {
      {{}, [](DeviceRecord&) {}},
      {{.name = "new"}, [](DeviceRecord& d) { d.name = "new"; }},
      {{.name = ""}, [](DeviceRecord& d) { d.name.clear(); }},
      {{.secret_mac = SampleBytes(9, 32)},
       [](DeviceRecord& d) { d.secret_mac = SampleBytes(9, 32); }},
      {{.expires = kNow}, [](DeviceRecord& d) { d.expires = kNow; }},
      {forever, [](DeviceRecord& d) { d.expires = std::nullopt; }},
      {{.used = DeviceChange::Use{kNow, "2001:db8::2", "smtp"}},
       [](DeviceRecord& d) {
         d.last_used = kNow;
         d.last_address = "2001:db8::2";
         d.last_service = "smtp";
       }},
  };
  for (const Case& c : cases) {
    const DeviceRecord before = SampleDevice(8000, {5000});
    DeviceRecord expected = before;
    c.expect(expected);
    expected.version = before.version + 1;
    expected.modified = kNow;
    EXPECT_EQ(Apply(before, c.change, kNow), expected) << &c - cases;
    EXPECT_EQ(MalformedField(expected), "") << &c - cases;
    EXPECT_THAT(CheckReplacement(before, expected), IsOk()) << &c - cases;
  }
}

// Two servers may report uses in another order than they happened.
TEST(ApplyToDevice, ALateReportDoesNotUndoALaterUse) {
  DeviceRecord before = SampleDevice(8000, {5000});
  const UnixTime last = *before.last_used;
  const auto use_at = [&](UnixTime at) {
    return Apply(before, {.used = DeviceChange::Use{at, "new", "new"}}, kNow);
  };
  const DeviceRecord late = use_at(last - Millis(1));
  EXPECT_EQ(late.last_used, last);
  EXPECT_EQ(late.last_address, before.last_address);
  EXPECT_EQ(late.last_service, before.last_service);
  EXPECT_EQ(late.version, before.version + 1);
  for (const UnixTime at : {last, last + Millis(1)}) {
    EXPECT_EQ(use_at(at).last_used, at);
    EXPECT_EQ(use_at(at).last_address, "new");
    EXPECT_EQ(use_at(at).last_service, "new");
  }
  before.last_used = std::nullopt;
  EXPECT_EQ(use_at(FromUnixMillis(-1)).last_used, FromUnixMillis(-1));
}

TEST(Changes, AreEmptyOnlyWhenNothingIsAsked) {
  TokenChange assign;
  assign.account.emplace(std::nullopt);
  const TokenChange token_changes[] = {{.advance_to = 0},
                                       {.drift = 0},
                                       {.throttle = ThrottleState{}},
                                       {.used_at = kNow},
                                       {.enabled = false},
                                       {.label = ""},
                                       {.window = 0},
                                       {.erase = true},
                                       {.confirmed = false},
                                       assign};
  for (const TokenChange& change : token_changes) {
    EXPECT_FALSE(change.Empty()) << &change - token_changes;
  }
  const AccountChange account_changes[] = {{.throttle = ThrottleState{}},
                                           {.login = ""},
                                           {.pin_mac = ""},
                                           {.enabled = false},
                                           {.policy = AccountPolicy::kPassword},
                                           {.device_passwords = false},
                                           {.password = ""},
                                           {.spare_codes = ""}};
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

TEST(CheckReplacement, RefusesWhatNoDeviceMayBecome) {
  using Spoil = std::function<void(DeviceRecord&)>;
  const Spoil spoils[] = {
      [](DeviceRecord& d) { d.id.value = 8001; },
      [](DeviceRecord& d) { d.version = 1; },
      [](DeviceRecord& d) { d.version = 3; },
      [](DeviceRecord& d) { d.account.value = 5001; },
      [](DeviceRecord& d) { d.kind = DeviceKind::kSession; },
  };
  for (const Spoil& spoil : spoils) {
    const DeviceRecord before = SampleDevice(8000, {5000});
    DeviceRecord after = before;
    after.version = 2;
    EXPECT_THAT(CheckReplacement(before, after), IsOk());
    spoil(after);
    EXPECT_THAT(CheckReplacement(before, after),
                StatusIs(StatusCode::kInternal))
        << &spoil - spoils;
  }
}

TEST(CheckReplacement, RefusesWhatNoBudgetMayBecome) {
  using Spoil = std::function<void(BudgetRecord&)>;
  const Spoil spoils[] = {
      [](BudgetRecord& b) { b.id.value = 9001; },
      [](BudgetRecord& b) { b.version = 1; },
      [](BudgetRecord& b) { b.version = 3; },
      [](BudgetRecord& b) { b.cause = Cause::kPassword; },
      [](BudgetRecord& b) { b.account = AccountId{5001}; },
      [](BudgetRecord& b) { b.account = std::nullopt; },
      [](BudgetRecord& b) { b.token = TokenId{6001}; },
      [](BudgetRecord& b) { b.token = std::nullopt; },
  };
  for (const Spoil& spoil : spoils) {
    const BudgetRecord before = SampleBudget(9000);
    BudgetRecord after = before;
    after.version = 2;
    ++after.throttle.failures;
    after.expires = kNow;
    EXPECT_THAT(CheckReplacement(before, after), IsOk());
    spoil(after);
    EXPECT_THAT(CheckReplacement(before, after),
                StatusIs(StatusCode::kInternal))
        << &spoil - spoils;
  }
}

TEST(IsStorable, IsOneToTheLargestSignedNumber) {
  EXPECT_FALSE(IsStorable(0));
  EXPECT_TRUE(IsStorable(1));
  EXPECT_TRUE(IsStorable(kMaxPosition));
  EXPECT_FALSE(IsStorable(kMaxPosition + 1));
}

}  // namespace
}  // namespace pawl::db
