#include "db/committer.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/memory/memory_store.h"
#include "tests/support/faulty_store.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::FaultyStore;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;

// A result that another thread gives.
template <typename Value>
class Slot {
 public:
  void Put(Value value) {
    {
      const std::lock_guard lock(mutex_);
      value_ = std::move(value);
    }
    there_.notify_all();
  }
  Value Take() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [this] { return value_.has_value(); });
    return *std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<Value> value_;
};

class TestCommit final : public PendingCommit {
 public:
  explicit TestCommit(db::Commit commit, bool expired = false)
      : commit_(std::move(commit)), expired_(expired) {}
  [[nodiscard]] const db::Commit& GetCommit() const override { return commit_; }
  [[nodiscard]] bool IsExpired() const override { return expired_; }
  void OnCommitted(const Status& status) override { result_.Put(status); }
  Status Result() { return result_.Take(); }

 private:
  db::Commit commit_;
  bool expired_;
  Slot<Status> result_;
};

class TestRead final : public PendingRead {
 public:
  explicit TestRead(Keys keys) : keys_(std::move(keys)) {}
  [[nodiscard]] const Keys& GetKeys() const override { return keys_; }
  void OnRead(StatusOr<Rows> rows) override { result_.Put(std::move(rows)); }
  StatusOr<Rows> Result() { return result_.Take(); }

 private:
  Keys keys_;
  Slot<StatusOr<Rows>> result_;
};

TEST(Committer, GivesEachCommitItsOwnResult) {
  MemoryStore store;
  const TokenRecord token = SampleToken(6000);
  ASSERT_THAT(store.Commit(InsertOf(token)), IsOk());
  TestCommit good(ReplacementOf(
      token, Apply(token, {.advance_to = 2000}, kSampleTime).value()));
  TestCommit late(ReplacementOf(
      token, Apply(token, {.advance_to = 2001}, kSampleTime).value()));
  TestCommit other(InsertOf(SampleAccount(5000)));
  Committer committer(store);
  committer.Add(good);
  committer.Add(late);
  committer.Add(other);
  EXPECT_THAT(good.Result(), IsOk());
  EXPECT_THAT(late.Result(), StatusIs(StatusCode::kAborted));
  EXPECT_THAT(other.Result(), IsOk());
  EXPECT_EQ(store.GetToken(token.id)->position, 2000U);
  EXPECT_EQ(committer.counts().commits, 3U);
  EXPECT_GE(committer.counts().batches, 1U);
  EXPECT_LE(committer.counts().batches, 3U);
}

TEST(Committer, DoesNotWriteWhatNobodyWaitsFor) {
  MemoryStore store;
  TestCommit expired(InsertOf(SampleAccount(5000)), /*expired=*/true);
  TestCommit good(InsertOf(SampleAccount(5001)));
  Committer committer(store);
  committer.Add(expired);
  committer.Add(good);
  EXPECT_THAT(expired.Result(), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_THAT(good.Result(), IsOk());
  EXPECT_THAT(store.GetAccount(AccountId{5000}),
              StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(committer.counts().commits, 1U);
}

TEST(Committer, RefusesWhenTooManyWait) {
  MemoryStore memory;
  FaultyStore store(memory);
  Slot<bool> inside;
  Slot<bool> go_on;
  bool first = true;
  store.BeforeCommit([&] {
    if (std::exchange(first, false)) {
      inside.Put(true);
      go_on.Take();
    }
  });
  TestCommit blocking(InsertOf(SampleAccount(5000)));
  std::vector<std::unique_ptr<TestCommit>> waiting;
  Committer committer(store);
  committer.Add(blocking);
  inside.Take();
  for (size_t i = 0; i <= Committer::kMaxWaiting; ++i) {
    waiting.push_back(
        std::make_unique<TestCommit>(InsertOf(SampleAccount(6000 + i))));
    committer.Add(*waiting.back());
  }
  EXPECT_THAT(waiting.back()->Result(),
              StatusIs(StatusCode::kResourceExhausted));
  go_on.Put(true);
  EXPECT_THAT(blocking.Result(), IsOk());
  waiting.pop_back();
  for (const auto& commit : waiting) {
    ASSERT_THAT(commit->Result(), IsOk());
  }
}

TEST(Loader, GivesEachReadItsOwnRows) {
  MemoryStore store;
  ASSERT_THAT(store.Commit(InsertOf(SampleAccount(5000))), IsOk());
  ASSERT_THAT(store.Commit(InsertOf(SampleToken(6000))), IsOk());
  TestRead one({.logins = {SampleAccount(5000).login, "nobody"}});
  TestRead two({.tokens = {TokenId{6000}}, .attempts = {"none"}});
  TestRead three({.logins = {"nobody"}, .accounts = {AccountId{5000}}});
  Loader loader(store);
  for (TestRead* read : {&one, &two, &three}) {
    loader.Add(*read);
  }
  const StatusOr<Rows> first = one.Result();
  ASSERT_EQ(first->logins.size(), 2U);
  EXPECT_EQ(first->logins[0]->account, SampleAccount(5000));
  EXPECT_THAT(first->logins[1], StatusIs(StatusCode::kNotFound));
  const StatusOr<Rows> second = two.Result();
  EXPECT_THAT(second->tokens[0], IsOkAndHolds(SampleToken(6000)));
  EXPECT_TRUE(second->logins.empty());
  EXPECT_THAT(second->attempts[0], StatusIs(StatusCode::kNotFound));
  const StatusOr<Rows> third = three.Result();
  EXPECT_THAT(third->logins[0], StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(third->accounts[0]->account, SampleAccount(5000));
}

TEST(Loader, DealsDevicesAndBudgetsToo) {
  MemoryStore store;
  const AccountRecord account = SampleAccount(5000);
  const DeviceRecord device = SampleDevice(8000, account.id);
  Commit commit = InsertOf(account);
  commit.devices = {{.after = device}};
  commit.budgets = {{.after = SampleBudget(9000)},
                    {.after = SampleBudget(9001)}};
  ASSERT_THAT(store.Commit(commit), IsOk());
  TestRead one({.devices = {DeviceId{1}}, .budgets = {BudgetId{9001}}});
  TestRead two({.devices = {device.id}, .budgets = {{9000}, {1}, {9001}}});
  Loader loader(store);
  loader.Add(one);
  loader.Add(two);
  const StatusOr<Rows> first = one.Result();
  EXPECT_THAT(first->devices, ElementsAre(StatusIs(StatusCode::kNotFound)));
  EXPECT_THAT(first->budgets, ElementsAre(IsOkAndHolds(SampleBudget(9001))));
  const StatusOr<Rows> second = two.Result();
  EXPECT_THAT(second->devices,
              ElementsAre(IsOkAndHolds(DeviceSnapshot{device, account})));
  EXPECT_THAT(second->budgets, ElementsAre(IsOkAndHolds(SampleBudget(9000)),
                                           StatusIs(StatusCode::kNotFound),
                                           IsOkAndHolds(SampleBudget(9001))));
}

TEST(Loader, AStoreThatDoesNotAnswerIsSaidToEach) {
  MemoryStore memory;
  FaultyStore store(memory);
  store.FailReads(1);
  TestRead read({.logins = {"kim"}});
  Loader loader(store);
  loader.Add(read);
  EXPECT_THAT(read.Result(), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace pawl::db
