#include "validator/service/recovery.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountPolicy;
using db::DeviceKind;
using db::DeviceRecord;
using db::Reason;
using std::chrono::hours;
using std::chrono::minutes;
using testing::InsertOf;
using testing::IsOk;
using testing::SampleDevice;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

constexpr AccountId kNobody{99999};
constexpr AccountId kStranger{7};

class RecoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kim_ = service_.AddAccount("kim", "1234");
    token_ = service_.AddToken(key_.Spec(), kim_);
  }

  Recovery& recovery() { return service_.recovery; }
  db::AccountSnapshot Kim() { return *service_.accounts.Get(kim_); }
  Reason Login(const std::string& credential) {
    return service_.LoginReason("kim", credential);
  }
  std::vector<db::SpareCode> Stored() {
    return db::UnpackSpareCodes(Kim().account.spare_codes);
  }
  std::string Temporary(Millis ttl = hours(1)) {
    return recovery().MakeTemporaryCode(kim_, ttl, "test")->code;
  }
  db::AuditEntry LastEntry() {
    return store_.ListAudit({.account = kim_, .limit = 1})->front();
  }

  db::MemoryStore memory_;
  testing::FaultyStore store_{memory_};
  TestService service_{&store_, {}};
  TestYubiKey key_;
  AccountId kim_;
  db::TokenId token_;
};

TEST_F(RecoveryTest, EachCodeIsGoodOnceBehindThePin) {
  const auto codes = *recovery().MakeCodes(kim_, "root");
  EXPECT_EQ(LastEntry().event, db::Event::kRecoveryCodesMade);
  EXPECT_EQ(LastEntry().caller, "root");
  EXPECT_EQ(std::set(codes.begin(), codes.end()).size(), Recovery::kCodes);
  for (const std::string& code : codes) {
    EXPECT_EQ(Login("1234" + code), Reason::kGoodRecoveryCode);
    EXPECT_EQ(Login("1234" + code), Reason::kReplayed);
  }
}

TEST_F(RecoveryTest, NothingThatIsStoredIsACode) {
  const auto codes = *recovery().MakeCodes(kim_, "test");
  const std::string stored = Kim().account.spare_codes;
  for (const std::string& code : codes) {
    EXPECT_EQ(stored.find(code.substr(0, 4)), std::string::npos);
  }
}

TEST_F(RecoveryTest, NewCodesKillThoseMadeBefore) {
  const auto old = *recovery().MakeCodes(kim_, "test");
  const std::string temporary = Temporary();
  const auto codes = *recovery().MakeCodes(kim_, "test");
  EXPECT_EQ(Stored().size(), Recovery::kCodes + 1);
  EXPECT_EQ(Login("1234" + old[0]), Reason::kMalformed);
  EXPECT_EQ(Login("1234" + codes[0]), Reason::kGoodRecoveryCode);
  EXPECT_EQ(Login("1234" + temporary), Reason::kGoodRecoveryCode);
}

TEST_F(RecoveryTest, ANewTemporaryCodeKillsTheOneBefore) {
  const auto codes = *recovery().MakeCodes(kim_, "test");
  const std::string old = Temporary();
  const std::string code = Temporary();
  EXPECT_EQ(LastEntry().event, db::Event::kTemporaryCodeMade);
  EXPECT_EQ(Stored().size(), Recovery::kCodes + 1);
  EXPECT_EQ(Login("1234" + old), Reason::kMalformed);
  EXPECT_EQ(Login("1234" + code), Reason::kGoodRecoveryCode);
  EXPECT_EQ(Login("1234" + codes[9]), Reason::kGoodRecoveryCode);
}

TEST_F(RecoveryTest, ATemporaryCodeEnds) {
  const auto made = recovery().MakeTemporaryCode(kim_, minutes(1), "test");
  EXPECT_EQ(made->expires, service_.clock.Now() + minutes(1));
  service_.clock.Advance(minutes(1));
  EXPECT_EQ(Login("1234" + made->code), Reason::kWrongCode);
}

TEST_F(RecoveryTest, TheTimeOfATemporaryCodeIsChecked) {
  for (const Millis ttl :
       {Millis(0), Millis(-1), Millis(minutes(1)) - Millis(1),
        Millis(hours(168)) + Millis(1), Millis::max()}) {
    const auto made = recovery().MakeTemporaryCode(kim_, ttl, "test");
    EXPECT_THAT(made, StatusIs(StatusCode::kInvalidArgument));
    EXPECT_EQ(FieldOf(made.status()), "ttl");
  }
  EXPECT_THAT(recovery().MakeTemporaryCode(kim_, hours(168), "test"), IsOk());
}

TEST_F(RecoveryTest, OnlyAnAccountHasCodes) {
  for (const AccountId id : {kNobody, kStranger}) {
    EXPECT_THAT(recovery().MakeCodes(id, "test"),
                StatusIs(StatusCode::kNotFound));
    EXPECT_THAT(recovery().MakeTemporaryCode(id, hours(1), "test"),
                StatusIs(StatusCode::kNotFound));
    EXPECT_THAT(
        recovery().ResetSecondFactor(id, ResetTokens::kUnassign, "test"),
        StatusIs(StatusCode::kNotFound));
  }
}

TEST_F(RecoveryTest, WhatIsNotCommittedIsNotTold) {
  const auto old = *recovery().MakeCodes(kim_, "test");
  store_.FailBeforeCommit(1);
  EXPECT_THAT(recovery().MakeCodes(kim_, "test"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(Login("1234" + old[0]), Reason::kGoodRecoveryCode);
}

// A code is used while others are made: the ten are those of the newer row.
TEST_F(RecoveryTest, ALoginMeanwhileIsNotUndone) {
  const std::string temporary = Temporary();
  bool done = false;
  store_.BeforeCommit([&] {
    if (!std::exchange(done, true)) {
      const db::AccountRecord kim = memory_.GetAccount(kim_)->account;
      std::vector<db::SpareCode> codes = db::UnpackSpareCodes(kim.spare_codes);
      codes.front().used = true;
      db::Commit use;
      use.audit =
          AdminAudit(db::Event::kLoginChecked, service_.clock.Now(), "x");
      AddChange(kim, {.spare_codes = db::PackSpareCodes(codes)},
                service_.clock.Now(), use);
      EXPECT_THAT(memory_.Commit(use), IsOk());
    }
  });
  ASSERT_THAT(recovery().MakeCodes(kim_, "test"), IsOk());
  EXPECT_EQ(Login("1234" + temporary), Reason::kReplayed);
}

class ResetTest : public RecoveryTest {
 protected:
  static constexpr uint64_t kSessionNumber = 77;

  DeviceRecord Session(uint64_t number) {
    DeviceRecord session = SampleDevice(number, kim_);
    session.kind = DeviceKind::kSession;
    return session;
  }
  // A login that brings a session for imap.
  std::string SessionOfLogin() {
    const std::string credential = "1234" + key_.Press();
    return service_
        .Ask(LoginCheck{.account = "kim",
                        .service = "webmail",
                        .credential = credential,
                        .device = LoginDevice{.type = "browser",
                                              .name = "Firefox",
                                              .session_services = {"imap"}}},
             {.who = TestService::AnyRole("test")})
        ->session_credential;
  }
  StatusOr<db::AccountSnapshot> Reset(ResetTokens tokens) {
    return recovery().ResetSecondFactor(kim_, tokens, "root");
  }
  size_t Sessions() {
    return DevicesOf(memory_, kim_, DeviceKind::kSession)->size();
  }
};

TEST_F(ResetTest, LeavesTheAccountPasswordOnly) {
  ASSERT_THAT(recovery().MakeCodes(kim_, "test"), IsOk());
  ASSERT_EQ(Login("1234cccccc"), Reason::kMalformed);
  const auto reset = Reset(ResetTokens::kUnassign);
  ASSERT_THAT(reset, IsOk());
  EXPECT_EQ(reset->account.policy, AccountPolicy::kPassword);
  EXPECT_EQ(reset->account.pin_mac, "");
  EXPECT_EQ(reset->account.spare_codes, "");
  EXPECT_EQ(reset->account.throttle.failures, 0U);
  EXPECT_TRUE(reset->tokens.empty());
  EXPECT_EQ(service_.tokens.Get(token_)->account, std::nullopt);
  EXPECT_EQ(Login("anything"), Reason::kDelegate);
  EXPECT_EQ(LastEntry().event, db::Event::kLoginChecked);
  const auto entries = *store_.ListAudit({.account = kim_, .limit = 2});
  EXPECT_EQ(entries[1].event, db::Event::kSecondFactorReset);
  EXPECT_EQ(entries[1].caller, "root");
}

TEST_F(ResetTest, MayKeepTheTokensDisabled) {
  const auto reset = Reset(ResetTokens::kDisable);
  ASSERT_EQ(reset->tokens.size(), 1U);
  EXPECT_FALSE(reset->tokens[0].enabled);
}

TEST_F(ResetTest, EndsSessionsAtOnceAndKeepsDevicePasswords) {
  const NewDevice phone =
      *service_.devices.Create(kim_, "mail", "Phone", std::nullopt, "test");
  const std::string session = SessionOfLogin();
  ASSERT_EQ(service_.ReasonAt("imap", "kim", session), Reason::kGoodSession);
  ASSERT_THAT(Reset(ResetTokens::kUnassign), IsOk());
  EXPECT_EQ(service_.ReasonAt("imap", "kim", session),
            Reason::kWrongDevicePassword);
  EXPECT_EQ(service_.ReasonAt("imap", "kim", phone.password),
            Reason::kGoodDevicePassword);
}

TEST_F(ResetTest, EndsMoreSessionsThanAPageHolds) {
  for (uint64_t i = 0; i <= db::Store::kMaxPage; ++i) {
    ASSERT_THAT(memory_.Commit(InsertOf(Session(1000 + i))), IsOk());
  }
  ASSERT_THAT(Reset(ResetTokens::kUnassign), IsOk());
  EXPECT_EQ(Sessions(), 0U);
}

TEST_F(ResetTest, EndsTheSessionOfALoginThatWasUnderWay) {
  bool done = false;
  store_.BeforeCommit([&] {
    if (!std::exchange(done, true)) {
      EXPECT_THAT(memory_.Commit(InsertOf(Session(kSessionNumber))), IsOk());
    }
  });
  ASSERT_THAT(Reset(ResetTokens::kUnassign), IsOk());
  EXPECT_EQ(Sessions(), 0U);
}

TEST_F(ResetTest, IsWholeOrNothing) {
  ASSERT_THAT(memory_.Commit(InsertOf(Session(kSessionNumber))), IsOk());
  const db::AccountSnapshot before = Kim();
  store_.FailBeforeCommit(1);
  EXPECT_THAT(Reset(ResetTokens::kUnassign),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(Kim(), before);
  EXPECT_EQ(Sessions(), 1U);
}

TEST_F(ResetTest, ATokenThatIsUsedMeanwhileIsNotForgotten) {
  bool done = false;
  store_.BeforeCommit([&] {
    if (!std::exchange(done, true)) {
      const db::TokenRecord token = *memory_.GetToken(token_);
      db::Commit use;
      use.audit =
          AdminAudit(db::Event::kLoginChecked, service_.clock.Now(), "x");
      EXPECT_THAT(
          AddChange(token, {.advance_to = 5000}, service_.clock.Now(), use),
          IsOk());
      EXPECT_THAT(memory_.Commit(use), IsOk());
    }
  });
  ASSERT_THAT(Reset(ResetTokens::kUnassign), IsOk());
  EXPECT_EQ(service_.tokens.Get(token_)->position, 5000U);
}

}  // namespace
}  // namespace pawl::validator
