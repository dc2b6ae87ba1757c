// What a check does when storage misbehaves: any doubt is a refusal (I4), and
// accepted never precedes a durable commit (I3).
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::Reason;
using testing::FaultyStore;
using testing::StatusIs;
using testing::TestService;
using testing::TestYubiKey;

constexpr std::string_view kAttempt = "7f3c2a90-attempt";

class Fault : public ::testing::Test {
 protected:
  Fault() : faulty_(memory_), service_(&faulty_, {}) {
    kim_ = service_.AddAccount("kim", "1234");
    token_ = service_.AddToken(key_.Spec(), kim_);
  }
  db::MemoryStore memory_;
  FaultyStore faulty_;
  TestService service_;
  TestYubiKey key_;
  db::AccountId kim_;
  db::TokenId token_;
};

TEST_F(Fault, AcceptNeverPrecedesCommit) {
  const std::string credential = "1234" + key_.Press();
  faulty_.FailBeforeCommit(1);
  EXPECT_THAT(service_.Login("kim", credential),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(memory_.GetToken(token_)->position, std::nullopt);
  EXPECT_EQ(service_.LoginReason("kim", credential), Reason::kGoodCode);
}

TEST_F(Fault, AFailedWriteOfARefusalIsNoAnswerAndCountsNothing) {
  faulty_.FailBeforeCommit(1);
  EXPECT_THAT(service_.Login("kim", "1234000000"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(memory_.GetAccount(kim_)->account.throttle.failures, 0U);
}

TEST_F(Fault, ACommitInDoubtCountsAsUsed) {
  const std::string credential = "1234" + key_.Press();
  faulty_.FailAfterCommit(1);
  EXPECT_THAT(service_.Login("kim", credential),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(service_.LoginReason("kim", credential), Reason::kReplayed);
}

TEST_F(Fault, TheSameAttemptLearnsTheTruthOfACommitInDoubt) {
  const std::string credential = "1234" + key_.Press();
  faulty_.FailAfterCommit(1);
  EXPECT_THAT(service_.Login("kim", credential, kAttempt),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(service_.Login("kim", credential, kAttempt)->reason,
            Reason::kGoodCode);
}

TEST_F(Fault, ReadsThatFailAreNoAnswer) {
  const std::string credential = "1234" + key_.Press();
  for (int failing = 1; failing <= 2; ++failing) {
    faulty_.FailReads(1);
    EXPECT_THAT(service_.Login("kim", credential, kAttempt),
                StatusIs(StatusCode::kUnavailable));
  }
  EXPECT_EQ(service_.Login("kim", credential, kAttempt)->reason,
            Reason::kGoodCode);
}

TEST_F(Fault, ALostRaceIsDecidedAgain) {
  const std::string credential = "1234" + key_.Press();
  int changes = 0;
  faulty_.BeforeCommit([&] {
    if (changes++ == 0) {
      TestService other(&memory_, {});  // another process renames the account
      ASSERT_TRUE(other.accounts.Rename(kim_, "kim2", "other").ok());
    }
  });
  EXPECT_EQ(service_.LoginReason("kim", credential), Reason::kUnknownAccount);
  faulty_.BeforeCommit(nullptr);
  EXPECT_EQ(service_.LoginReason("kim2", credential), Reason::kGoodCode);
}

TEST_F(Fault, ARevocationBetweenLoadAndCommitIsHonoured) {
  const std::string credential = "1234" + key_.Press();
  bool done = false;
  faulty_.BeforeCommit([&] {
    if (!std::exchange(done, true)) {
      TestService other(&memory_, {});
      ASSERT_TRUE(other.tokens.SetEnabled(token_, false, "other").ok());
    }
  });
  EXPECT_EQ(service_.LoginReason("kim", credential), Reason::kTokenDisabled);
}

TEST_F(Fault, AnEndlessRaceIsNoAnswer) {
  bool inside = false;
  faulty_.BeforeCommit([&] {
    if (!std::exchange(inside, true)) {
      TestService other(&memory_, {});
      ASSERT_TRUE(other.accounts.SetEnabled(kim_, true, "other").ok());
    }
    inside = false;
  });
  EXPECT_THAT(service_.Login("kim", "1234" + key_.Press()),
              StatusIs(StatusCode::kUnavailable));
}

TEST_F(Fault, ACorruptSecretIsNoAnswer) {
  db::TokenRecord before = *memory_.GetToken(token_);
  db::TokenRecord after = before;
  ++after.version;
  after.sealed_secret[20] = static_cast<char>(after.sealed_secret[20] ^ 1);
  db::Commit commit;
  commit.tokens.push_back({.before = before, .after = after});
  commit.audit.caller = "test";
  ASSERT_TRUE(memory_.Commit(commit).ok());
  EXPECT_THAT(service_.Login("kim", "1234" + key_.Press()),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(memory_.GetAccount(kim_)->account.throttle.failures, 0U);
}

// I13: the database went back in time under a running server.
TEST(HighWaterMark, AStoreThatWentBackIsNotBelieved) {
  db::MemoryStore memory;
  FaultyStore faulty(memory);
  TestService service(&faulty, {});
  TestYubiKey key;
  const db::AccountId kim = service.AddAccount("kim", "");
  const db::TokenId token = service.AddToken(key.Spec(), kim);
  const db::TokenRecord old = *memory.GetToken(token);
  const std::string code = key.Press();
  ASSERT_EQ(service.LoginReason("kim", code), Reason::kGoodCode);
  // A restored backup: the same store without the acceptance.
  db::MemoryStore restored;
  faulty.Replace(restored);
  db::Commit backup;
  backup.accounts.push_back({.after = memory.GetAccount(kim)->account});
  backup.accounts[0].after->version = 1;
  backup.tokens.push_back({.after = old});
  backup.audit.caller = "test";
  ASSERT_TRUE(restored.Commit(backup).ok());
  EXPECT_THAT(service.Login("kim", code), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(service.Otp(key.Press()), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace pawl::validator
