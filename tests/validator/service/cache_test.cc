// The cache may only speed up a yes (ADR 0009).
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

const ClientSpec kWeb{.name = "web",
                      .roles = static_cast<db::Roles>(db::Role::kLogin),
                      .see_reasons = true};

class Cache : public ::testing::Test {
 protected:
  Cache() : faulty_(memory_), service_(&faulty_, {}), other_(&memory_, {}) {
    kim_ = service_.AddAccount("kim", "1234");
    token_ = service_.AddToken(key_.Spec(), kim_);
    // Now everything is in the cache.
    EXPECT_EQ(service_.LoginReason("kim", "1234" + key_.Press()),
              Reason::kGoodCode);
  }
  db::MemoryStore memory_;
  FaultyStore faulty_;
  TestService service_;
  TestService other_;  // another process on the same store
  TestYubiKey key_;
  db::AccountId kim_;
  db::TokenId token_;
};

TEST_F(Cache, AYesNeedsNoRead) {
  faulty_.FailReads(1);
  EXPECT_EQ(service_.LoginReason("kim", "1234" + key_.Press()),
            Reason::kGoodCode);
}

TEST_F(Cache, ARefusalIsReadFirst) {
  const std::string code = key_.Press();
  EXPECT_EQ(service_.LoginReason("kim", "1234" + code), Reason::kGoodCode);
  for (const std::string& credential :
       {"1234" + code, std::string("1234000000"), "0000" + key_.Press()}) {
    faulty_.FailReads(1);
    EXPECT_THAT(service_.Login("kim", credential),
                StatusIs(StatusCode::kUnavailable));
  }
}

TEST_F(Cache, ARevocationElsewhereHoldsAtOnce) {
  ASSERT_TRUE(other_.tokens.SetEnabled(token_, false, "other").ok());
  EXPECT_EQ(service_.LoginReason("kim", "1234" + key_.Press()),
            Reason::kTokenDisabled);
  EXPECT_EQ(service_.Otp(key_.Press())->reason, Reason::kTokenDisabled);
}

TEST_F(Cache, ACodeUsedElsewhereIsReplayedHere) {
  const std::string code = key_.Press();
  db::TokenRecord before = *memory_.GetToken(token_);
  db::Commit commit;
  commit.audit.caller = "other";
  commit.tokens.push_back(
      {.before = before,
       .after = *Apply(before, {.advance_to = *before.position + 1},
                       service_.clock.Now())});
  ASSERT_TRUE(memory_.Commit(commit).ok());
  EXPECT_EQ(service_.LoginReason("kim", "1234" + code), Reason::kReplayed);
}

TEST_F(Cache, AnAttemptOfAnotherProcessIsFound) {
  constexpr std::string_view kAttempt = "7f3c2a90-attempt";
  const std::string credential = "1234" + key_.Press();
  EXPECT_EQ(service_.Login("kim", credential, kAttempt)->reason,
            Reason::kGoodCode);
  EXPECT_EQ(service_.Login("kim", credential, kAttempt)->reason,
            Reason::kGoodCode);
  EXPECT_EQ(service_.Login("kim", "1234" + key_.Press(), kAttempt)->reason,
            Reason::kAttemptReused);
}

TEST_F(Cache, AClaimIsGuardedByTheCommit) {
  const NewClient web = *service_.clients.Create(kWeb, "test");
  const Claim claim = *ParseKey(web.key);
  const std::string first = "1234" + key_.Press();
  ASSERT_TRUE(service_
                  .Ask(LoginCheck{.account = "kim",
                                  .service = "webmail",
                                  .credential = first},
                       {.who = claim})
                  .ok());
  ASSERT_TRUE(other_.clients.Delete(web.client.id, "other").ok());
  const std::string second = "1234" + key_.Press();
  EXPECT_THAT(service_.Ask(LoginCheck{.account = "kim",
                                      .service = "webmail",
                                      .credential = second},
                           {.who = claim}),
              StatusIs(StatusCode::kUnauthenticated));
  EXPECT_EQ(service_.LoginReason("kim", second), Reason::kGoodCode);
}

TEST_F(Cache, AWrongClaimIsToldBeforeABadField) {
  Claim claim = *ParseKey(service_.clients.Create(kWeb, "test")->key);
  claim.secret += "x";
  EXPECT_THAT(service_.Ask(LoginCheck{.account = ""}, {.who = claim}),
              StatusIs(StatusCode::kUnauthenticated));
}

}  // namespace
}  // namespace pawl::validator
