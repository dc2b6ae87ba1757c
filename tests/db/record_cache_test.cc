#include "db/record_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/pack.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;

constexpr size_t kPlenty = size_t{1} << 24U;

AccountSnapshot Sample(uint64_t number) {
  AccountSnapshot snapshot{.account = SampleAccount(number)};
  snapshot.tokens = {SampleToken(number + 1, snapshot.account.id),
                     SampleToken(number + 2, snapshot.account.id)};
  return snapshot;
}

void PutLogin(RecordCache& cache, const AccountSnapshot& snapshot) {
  Rows rows;
  rows.logins.emplace_back(snapshot);
  cache.Put({.logins = {snapshot.account.login}}, rows);
}

bool HasLogin(RecordCache& cache, const AccountSnapshot& snapshot) {
  Rows rows;
  const bool found = cache.Find({.logins = {snapshot.account.login}}, rows);
  EXPECT_EQ(found, rows.logins[0].ok());
  if (found) {
    EXPECT_EQ(*rows.logins[0], snapshot);
  }
  return found;
}

TEST(Pack, GivesBackWhatItTook) {
  AccountSnapshot snapshot = Sample(5000);
  snapshot.tokens[1].position = std::nullopt;
  snapshot.tokens[1].last_used = std::nullopt;
  snapshot.tokens[1].account = std::nullopt;
  snapshot.tokens[1].drift = INT64_MIN;
  snapshot.tokens[1].t0 = INT64_MAX;
  snapshot.tokens[1].id = {kMaxPosition};
  snapshot.tokens[1].confirmed = true;
  snapshot.account.throttle.last_failure = FromUnixMillis(-1);
  snapshot.account.password = std::string("\0\xff", 2);
  AccountSnapshot unpacked = Sample(1);  // something else before
  Unpack(Pack(snapshot), unpacked);
  EXPECT_EQ(unpacked, snapshot);
  snapshot.tokens.clear();
  snapshot.account.policy = AccountPolicy::kOtpOnly;
  snapshot.account.device_passwords = true;
  snapshot.account.password.clear();
  snapshot.account.spare_codes.clear();
  Unpack(Pack(snapshot), unpacked);
  EXPECT_EQ(unpacked, snapshot);
  ClientRecord client;
  Unpack(Pack(SampleClient(7000)), client);
  EXPECT_EQ(client, SampleClient(7000));
  TokenRecord token;
  Unpack(Pack(SampleToken(6000)), token);
  EXPECT_EQ(token, SampleToken(6000));
}

TEST(RecordCache, FindsWhatWasPut) {
  RecordCache cache(kPlenty);
  const TokenRecord token = SampleToken(6000);
  const ClientRecord client = SampleClient(7000);
  const AccountSnapshot kim = Sample(5000);
  const Keys keys{.accounts = {kim.account.id},
                  .public_ids = {"other", token.public_id},
                  .tokens = {token.id},
                  .clients = {client.id}};
  Rows before;
  EXPECT_FALSE(cache.Find(keys, before));
  Rows rows;
  rows.accounts = {kim};
  rows.public_ids = {NotFound("no"), token};
  rows.tokens = {token};
  rows.clients = {client};
  cache.Put(keys, rows);
  Rows found;
  ASSERT_TRUE(cache.Find(keys, found));
  EXPECT_THAT(found.accounts[0], IsOkAndHolds(kim));
  EXPECT_THAT(found.public_ids[0], StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(found.public_ids[1], IsOkAndHolds(token));
  EXPECT_THAT(found.tokens[0], IsOkAndHolds(token));
  EXPECT_THAT(found.clients[0], IsOkAndHolds(client));
}

TEST(RecordCache, NeedsTheClientAndSomethingToJudge) {
  RecordCache cache(kPlenty);
  const AccountSnapshot kim = Sample(5000);
  const ClientRecord client = SampleClient(7000);
  PutLogin(cache, kim);
  const Keys keys{.logins = {kim.account.login}, .clients = {client.id}};
  Rows without_client;
  EXPECT_FALSE(cache.Find(keys, without_client));
  Rows rows;
  rows.clients.emplace_back(client);
  cache.Put({.clients = {client.id}}, rows);
  Rows both;
  EXPECT_TRUE(cache.Find(keys, both));
  Rows client_only;
  EXPECT_FALSE(cache.Find({.clients = {client.id}}, client_only));
}

// What a device password is checked with is read each time.
TEST(RecordCache, HasNoDevicesOrBudgets) {
  RecordCache cache(kPlenty);
  const Keys keys{.devices = {DeviceId{8000}}, .budgets = {BudgetId{9000}}};
  Rows rows;
  rows.devices.emplace_back(
      DeviceSnapshot{SampleDevice(8000, {5000}), SampleAccount(5000)});
  rows.budgets.emplace_back(SampleBudget(9000));
  cache.Put(keys, rows);
  Rows found;
  EXPECT_FALSE(cache.Find(keys, found));
}

TEST(RecordCache, FollowsACommit) {
  RecordCache cache(kPlenty);
  AccountSnapshot kim = Sample(5000);
  PutLogin(cache, kim);
  const TokenRecord moved =
      Apply(kim.tokens[0], {.advance_to = 2000}, kSampleTime).value();
  const AccountRecord failed = Apply(
      kim.account, {.throttle = ThrottleState{.failures = 9}}, kSampleTime);
  Commit commit = ReplacementOf(kim.tokens[0], moved);
  commit.accounts = ReplacementOf(kim.account, failed).accounts;
  cache.Update({.logins = {kim.account.login}}, commit);
  kim.account = failed;
  kim.tokens[0] = moved;
  EXPECT_TRUE(HasLogin(cache, kim));
  // A commit upon an older row than the one kept changes nothing.
  cache.Update({.logins = {kim.account.login}}, commit);
  EXPECT_TRUE(HasLogin(cache, kim));
}

TEST(RecordCache, KeepsWhatIsUsedWithinItsBound) {
  RecordCache cache(size_t{1} << 20U);
  const AccountSnapshot often = Sample(1);
  PutLogin(cache, often);
  for (uint64_t number = 10; number < 200'000; number += 10) {
    PutLogin(cache, Sample(number));
    ASSERT_TRUE(HasLogin(cache, often)) << number;
  }
  EXPECT_FALSE(HasLogin(cache, Sample(10)));
  EXPECT_TRUE(HasLogin(cache, Sample(199'990)));
}

TEST(RecordCache, OfNoSizeKeepsNothing) {
  RecordCache cache(0);
  PutLogin(cache, Sample(5000));
  PutLogin(cache, Sample(5010));
  PutLogin(cache, Sample(5000));
  EXPECT_FALSE(HasLogin(cache, Sample(5010)));
}

}  // namespace
}  // namespace pawl::db
