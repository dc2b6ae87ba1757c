#include "validator/service/account_admin.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::Reason;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

TEST(AccountAdmin, CreatesInLowerCaseAndOnce) {
  TestService service;
  const auto created = service.accounts.Create("Kim@Example.ORG", "", "test");
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->account.login, "kim@example.org");
  EXPECT_GT(created->account.id.value, db::Store::kStrangers);
  EXPECT_THAT(service.accounts.Create("kim@example.org", "", "test"),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(service.accounts.Find("KIM@example.org")->account,
            created->account);
}

TEST(AccountAdmin, RefusesImpossibleLogins) {
  TestService service;
  for (const std::string& login :
       {std::string(), std::string(257, 'k'), std::string("k\tim"),
        std::string("kim "), std::string(" kim"), std::string("k\xffim"),
        std::string("k\0im", 4)}) {
    const auto result = service.accounts.Create(login, "", "test");
    EXPECT_THAT(result, StatusIs(StatusCode::kInvalidArgument)) << login;
    EXPECT_EQ(FieldOf(result.status()), "login");
  }
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
                "ACCOUNT_DISABLED", "ACCOUNT_ENABLED", "ACCOUNT_UNLOCKED",
                "TOKEN_ASSIGNED", "TOKEN_UNASSIGNED", "ACCOUNT_DELETED"}));
}

}  // namespace
}  // namespace pawl::validator
