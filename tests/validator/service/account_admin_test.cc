#include "validator/service/account_admin.h"

#include <gtest/gtest.h>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountPolicy;
using db::Reason;
using testing::InsertOf;
using testing::IsOk;
using testing::SampleBudget;
using testing::SampleDevice;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

TEST(AccountAdmin, CreatesInLowerCaseAndOnce) {
  TestService service;
  const auto created =
      service.accounts.Create({.login = "Kim@Example.ORG"}, "test");
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->account.login, "kim@example.org");
  EXPECT_GT(created->account.id.value, db::Store::kStrangers);
  EXPECT_THAT(service.accounts.Create({.login = "kim@example.org"}, "test"),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(service.accounts.Find("KIM@example.org")->account,
            created->account);
}

TEST(AccountAdmin, RefusesImpossibleLogins) {
  TestService service;
  for (const std::string& login :
       {std::string(), std::string(257, 'k'), std::string("k\tim"),
        std::string("kim "), std::string(" kim"), std::string("k\xffim"),
        std::string("k\0im", 4), std::string("dev_00000001"),
        std::string("DEV_00000001"), std::string("acc_0000000000001")}) {
    const auto result = service.accounts.Create({.login = login}, "test");
    EXPECT_THAT(result, StatusIs(StatusCode::kInvalidArgument)) << login;
    EXPECT_EQ(FieldOf(result.status()), "login");
    const AccountId id =
        service.AddAccount("x" + std::to_string(login.size()), "");
    EXPECT_EQ(FieldOf(service.accounts.Rename(id, login, "test").status()),
              "login");
    ASSERT_TRUE(service.accounts.Delete(id, "test").ok());
  }
}

TEST(AccountAdmin, WhatIsNotSaidIsTheServersDefault) {
  TestService service;
  AccountAdmin accounts(service.Parts(), service.validator.hasher(),
                        {.pin_min_length = 6,
                         .default_policy = AccountPolicy::kOtpWeb,
                         .default_device_passwords = false});
  const auto plain = accounts.Create({.login = "kim"}, "test");
  EXPECT_EQ(plain->account.policy, AccountPolicy::kOtpWeb);
  EXPECT_FALSE(plain->account.device_passwords);
  EXPECT_EQ(plain->account.password, "");
  EXPECT_EQ(plain->account.pin_mac, "");
  const auto chosen = accounts.Create({.login = "lee",
                                       .pin = "123456",
                                       .policy = AccountPolicy::kOtpOnly,
                                       .device_passwords = true},
                                      "test");
  EXPECT_EQ(chosen->account.policy, AccountPolicy::kOtpOnly);
  EXPECT_TRUE(chosen->account.device_passwords);
  const auto weak = accounts.Create({.login = "pat", .pin = "12345"}, "test");
  EXPECT_EQ(FieldOf(weak.status()), "pin");
}

TEST(AccountAdmin, ThePasswordIsKeptAsAHashOrByTheCaller) {
  TestService service;
  const auto created =
      service.accounts.Create({.login = "kim",
                               .password = "pässwörd",
                               .policy = AccountPolicy::kPassword},
                              "test");
  const AccountId id = created->account.id;
  EXPECT_TRUE(created->account.password.starts_with("$argon2id$"));
  EXPECT_EQ(service.LoginReason("kim", "pässwörd"), Reason::kGoodPassword);
  const auto changed = service.accounts.SetPassword(id, "another one", "test");
  EXPECT_NE(changed->account.password, created->account.password);
  EXPECT_EQ(service.LoginReason("kim", "pässwörd"), Reason::kWrongPassword);
  EXPECT_EQ(service.LoginReason("kim", "another one"), Reason::kGoodPassword);
  EXPECT_EQ(service.accounts.SetPassword(id, "", "test")->account.password, "");
  EXPECT_EQ(service.LoginReason("kim", "another one"), Reason::kDelegate);
}

TEST(AccountAdmin, APasswordThatCannotBeHashedChangesNothing) {
  TestService service;
  const AccountId id = service.AddAccount("kim", "");
  EXPECT_EQ(FieldOf(service.accounts.SetPassword(id, "short", "test").status()),
            "password");
  const auto none =
      service.accounts.Create({.login = "lee", .password = "short"}, "test");
  EXPECT_EQ(FieldOf(none.status()), "password");
  service.validator.hasher().Stop();
  EXPECT_THAT(service.accounts.SetPassword(id, "long enough", "test"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(service.accounts.Create(
                  {.login = "lee", .password = "long enough"}, "test"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(service.accounts.Get(id)->account.password, "");
  EXPECT_THAT(service.accounts.Find("lee"), StatusIs(StatusCode::kNotFound));
}

TEST(AccountAdmin, PolicyAndDevicePasswordsMayBeChanged) {
  TestService service;
  const AccountId id = service.AddAccount("kim", "");
  const NewDevice phone =
      *service.devices.Create(id, "mail", "Phone", std::nullopt, "test");
  const auto imap = [&] {
    return service.ReasonAt("imap", "kim", phone.password);
  };
  EXPECT_EQ(imap(), Reason::kGoodDevicePassword);
  EXPECT_EQ(service.accounts.SetPolicy(id, AccountPolicy::kOtpOnly, "test")
                ->account.policy,
            AccountPolicy::kOtpOnly);
  EXPECT_EQ(imap(), Reason::kPolicy);
  ASSERT_TRUE(
      service.accounts.SetPolicy(id, AccountPolicy::kPassword, "test").ok());
  EXPECT_FALSE(service.accounts.SetDevicePasswords(id, false, "test")
                   ->account.device_passwords);
  EXPECT_EQ(imap(), Reason::kPolicy);
}

TEST(AccountAdmin, RenamingKeepsIdPinAndTokens) {
  TestService service;
  TestYubiKey key;
  const AccountId id = service.AddAccount("kim", "1234");
  service.AddToken(key.Spec(), id);
  ASSERT_EQ(service.accounts.Rename(id, "Kim.Lee", "test")->account.id, id);
  EXPECT_EQ(service.LoginReason("kim", "1234" + key.Press()),
            Reason::kUnknownAccount);
  EXPECT_EQ(service.LoginReason("kim.lee", "1234" + key.Press()),
            Reason::kGoodCode);
  service.AddAccount("taken", "");
  EXPECT_THAT(service.accounts.Rename(id, "taken", "test"),
              StatusIs(StatusCode::kAlreadyExists));
}

TEST(AccountAdmin, TheSamePinHasAnotherHashOnAnotherAccount) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "1234");
  const AccountId lee = service.AddAccount("lee", "1234");
  EXPECT_NE(service.accounts.Get(kim)->account.pin_mac,
            service.accounts.Get(lee)->account.pin_mac);
}

TEST(AccountAdmin, APinCanBeChangedAndRemoved) {
  TestService service;
  TestYubiKey key;
  const AccountId id = service.AddAccount("kim", "1234");
  service.AddToken(key.Spec(), id);
  ASSERT_TRUE(service.accounts.SetPin(id, "pässwörd", "test").ok());
  EXPECT_EQ(service.LoginReason("kim", "1234" + key.Press()),
            Reason::kWrongPin);
  EXPECT_EQ(service.LoginReason("kim", "pässwörd" + key.Press()),
            Reason::kGoodCode);
  ASSERT_TRUE(service.accounts.SetPin(id, "", "test").ok());
  EXPECT_EQ(service.LoginReason("kim", key.Press()), Reason::kGoodCode);
  EXPECT_EQ(service.LoginReason("kim", "1234" + key.Press()),
            Reason::kWrongPin);
}

TEST(AccountAdmin, ATokenBelongsToOneAccount) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  const AccountId lee = service.AddAccount("lee", "");
  const db::TokenId token = service.AddToken(TestYubiKey().Spec(), kim);
  EXPECT_THAT(service.accounts.Assign(lee, token, "test"),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(service.accounts.Unassign(lee, token, "test"),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_EQ(service.accounts.Assign(kim, token, "test")->tokens.size(), 1U);
  EXPECT_TRUE(service.accounts.Unassign(kim, token, "test")->tokens.empty());
  EXPECT_EQ(service.accounts.Assign(lee, token, "test")->tokens.size(), 1U);
  EXPECT_THAT(service.accounts.Assign(AccountId{99999}, token, "test"),
              StatusIs(StatusCode::kNotFound));
}

TEST(AccountAdmin, AnAccountHoldsABoundedNumberOfTokens) {
  TestService service;
  const AccountId kim = service.AddAccount("kim", "");
  for (size_t i = 0; i < db::Store::kMaxTokensPerAccount; ++i) {
    service.AddToken(
        TestService::HotpSpec(6, "seed number " + std::to_string(1000 + i)),
        kim);
  }
  auto spec = TestService::HotpSpec();
  spec.account = kim;
  EXPECT_THAT(service.registration.Register(std::move(spec), "test"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(AccountAdmin, DeletingLeavesTheTokensWithoutAccount) {
  TestService service;
  TestYubiKey key;
  const AccountId kim = service.AddAccount("kim", "1234");
  const db::TokenId token = service.AddToken(key.Spec(), kim);
  ASSERT_TRUE(service.accounts.Delete(kim, "test").ok());
  EXPECT_THAT(service.accounts.Get(kim), StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(service.tokens.Get(token)->account, std::nullopt);
  EXPECT_EQ(service.LoginReason("kim", "1234" + key.Press()),
            Reason::kUnknownAccount);
}

// Budgets and devices of an account, made by hand.
class Belongings : public ::testing::Test {
 protected:
  void SetUp() override { kim_ = service_.AddAccount("kim", "1234"); }

  void AddBudget(db::Cause cause, uint32_t failures, uint64_t number,
                 Millis expires = std::chrono::hours(1)) {
    db::BudgetRecord budget = SampleBudget(number);
    budget.cause = cause;
    budget.account = kim_;
    budget.token = std::nullopt;
    budget.throttle = {.failures = failures,
                       .last_failure = service_.clock.Now()};
    budget.expires = service_.clock.Now() + expires;
    ASSERT_THAT(service_.store.Commit(InsertOf(budget)), IsOk());
  }
  void AddDevices(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      ASSERT_THAT(service_.store.Commit(InsertOf(SampleDevice(1 + i, kim_))),
                  IsOk());
    }
  }
  std::vector<db::BudgetRecord> Budgets() {
    return service_.store.ListBudgets(kim_).value();
  }
  int Entries(db::Event event) {
    const auto entries = *service_.store.ListAudit({.account = kim_});
    return static_cast<int>(std::count_if(
        entries.begin(), entries.end(),
        [&](const db::AuditEntry& entry) { return entry.event == event; }));
  }

  TestService service_;
  AccountId kim_;
};

TEST_F(Belongings, BlocksAreFailuresThatHaveNotFaded) {
  AddBudget(db::Cause::kWrongPin, 2, 1);
  AddBudget(db::Cause::kUndecryptable, 6, 2);
  AddBudget(db::Cause::kUsualPlace, 0, 3);
  AddBudget(db::Cause::kExplain, 9, 4);
  AddBudget(db::Cause::kWrongCode, 0, 5);
  AddBudget(db::Cause::kWrongCode, 9, 6, Millis(0));
  const std::vector<Block> blocks = *service_.accounts.Blocks(kim_);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].cause, db::Cause::kUndecryptable);
  EXPECT_EQ(blocks[0].failures, 6U);
  EXPECT_EQ(blocks[0].retry_after, std::chrono::seconds(2));
  EXPECT_EQ(blocks[1].cause, db::Cause::kWrongPin);
  EXPECT_EQ(blocks[1].source, "192.0.2.0/24");
  EXPECT_EQ(blocks[1].service, "webmail");
  EXPECT_EQ(blocks[1].retry_after, Millis(0));
  service_.clock.Advance(std::chrono::minutes(20));
  EXPECT_EQ(service_.accounts.Blocks(kim_)->size(), 1U);
  EXPECT_THAT(service_.accounts.Blocks(AccountId{7}),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(Belongings, UnlockingEndsWhatFailuresCost) {
  TestYubiKey key;
  service_.AddToken(key.Spec(), kim_);
  for (int i = 0; i < 6; ++i) {
    EXPECT_NE(service_.LoginReason("kim", "9999" + key.Press()),
              Reason::kGoodCode);
  }
  EXPECT_EQ(service_.LoginReason("kim", "1234" + key.Press()),
            Reason::kThrottled);
  EXPECT_FALSE(service_.accounts.Blocks(kim_)->empty());
  const auto unlocked = service_.accounts.Unlock(kim_, "test");
  EXPECT_EQ(unlocked->account.throttle, db::ThrottleState{});
  EXPECT_EQ(unlocked->tokens.front().throttle, db::ThrottleState{});
  EXPECT_TRUE(service_.accounts.Blocks(kim_)->empty());
  EXPECT_EQ(service_.LoginReason("kim", "1234" + key.Press()),
            Reason::kGoodCode);
}

TEST_F(Belongings, UnlockingKeepsUsualPlacesAndQuestions) {
  AddBudget(db::Cause::kUsualPlace, 0, 1);
  AddBudget(db::Cause::kExplain, 9, 2);
  AddBudget(db::Cause::kWrongPin, 9, 3);
  ASSERT_THAT(service_.accounts.Unlock(kim_, "test"), IsOk());
  EXPECT_EQ(Budgets().size(), 2U);
}

TEST_F(Belongings, UnlockingClearsMoreBudgetsThanAPageHolds) {
  for (uint64_t i = 0; i < 2 * db::Store::kMaxPage; ++i) {
    AddBudget(db::Cause::kWrongPin, 9, 1 + i);
  }
  ASSERT_THAT(service_.accounts.Unlock(kim_, "test"), IsOk());
  EXPECT_TRUE(Budgets().empty());
}

TEST_F(Belongings, GoWithTheAccount) {
  AddBudget(db::Cause::kUsualPlace, 0, 1);
  AddBudget(db::Cause::kWrongPin, 9, 2);
  AddDevices(3);
  ASSERT_THAT(service_.accounts.Delete(kim_, "test"), IsOk());
  EXPECT_TRUE(Budgets().empty());
  EXPECT_TRUE(service_.store.ListDevices({.account = kim_})->empty());
  EXPECT_EQ(Entries(db::Event::kAccountDeleted), 1);
  EXPECT_EQ(Entries(db::Event::kDeviceDeleted), 0);
}

TEST_F(Belongings, GoWithTheAccountHoweverManyTheyAre) {
  constexpr uint64_t kMany = 2 * db::Store::kMaxPage;
  AddDevices(kMany + 1);
  ASSERT_THAT(service_.accounts.Delete(kim_, "test"), IsOk());
  EXPECT_TRUE(service_.store.ListDevices({.account = kim_})->empty());
  EXPECT_EQ(Entries(db::Event::kDeviceDeleted), 2);
  EXPECT_EQ(Entries(db::Event::kAccountDeleted), 1);
}

TEST(AccountAdmin, StrangersAreNobodysAccounts) {
  TestService service;
  const AccountId stranger{7};
  EXPECT_THAT(service.accounts.Get(stranger), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(service.accounts.Delete(stranger, "test"),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(service.accounts.SetPin(stranger, "1234", "test"),
              StatusIs(StatusCode::kNotFound));
  auto spec = TestService::HotpSpec();
  spec.account = stranger;
  EXPECT_THAT(service.registration.Register(std::move(spec), "test"),
              StatusIs(StatusCode::kNotFound));
}

TEST(AccountAdmin, EveryChangeIsAudited) {
  TestService service;
  const AccountId id = service.AddAccount("kim", "1234");
  const db::TokenId token =
      service.registration.Register(TestYubiKey().Spec(), "test")->token.id;
  ASSERT_TRUE(service.accounts.Rename(id, "lee", "root").ok());
  ASSERT_TRUE(service.accounts.SetPin(id, "4321", "root").ok());
  ASSERT_TRUE(service.accounts.SetEnabled(id, false, "root").ok());
  ASSERT_TRUE(service.accounts.SetEnabled(id, true, "root").ok());
  ASSERT_TRUE(
      service.accounts.SetPolicy(id, AccountPolicy::kOtpWeb, "root").ok());
  ASSERT_TRUE(service.accounts.SetPassword(id, "long enough", "root").ok());
  ASSERT_TRUE(service.accounts.SetDevicePasswords(id, false, "root").ok());
  ASSERT_TRUE(service.accounts.Unlock(id, "root").ok());
  ASSERT_TRUE(service.accounts.Assign(id, token, "root").ok());
  ASSERT_TRUE(service.accounts.Unassign(id, token, "root").ok());
  ASSERT_TRUE(service.accounts.Delete(id, "root").ok());
  const auto entries = *service.store.ListAudit({.account = id});
  std::vector<std::string> events;
  for (const db::AuditEntry& entry : entries) {
    events.insert(events.begin(), std::string(db::ToString(entry.event)));
  }
  EXPECT_EQ(events,
            (std::vector<std::string>{
                "ACCOUNT_CREATED", "ACCOUNT_RENAMED", "ACCOUNT_PIN_SET",
                "ACCOUNT_DISABLED", "ACCOUNT_ENABLED", "ACCOUNT_POLICY_SET",
                "ACCOUNT_PASSWORD_SET", "ACCOUNT_DEVICE_PASSWORDS_SET",
                "ACCOUNT_UNLOCKED", "TOKEN_ASSIGNED", "TOKEN_UNASSIGNED",
                "ACCOUNT_DELETED"}));
}

}  // namespace
}  // namespace pawl::validator
