#include "tests/support/faulty_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/memory/memory_store.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::testing {
namespace {

constexpr auto kNotFound = StatusCode::kNotFound;
constexpr auto kUnavailable = StatusCode::kUnavailable;

class FaultyStoreTest : public ::testing::Test {
 protected:
  db::MemoryStore inner_;
  FaultyStore store_{inner_};
};

TEST_F(FaultyStoreTest, FailsBeforeCommit) {
  store_.FailBeforeCommit(2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(store_.Commit(InsertOf(SampleAccount(5000))),
                StatusIs(kUnavailable));
    EXPECT_THAT(inner_.GetAccount({5000}), StatusIs(kNotFound));
  }
  EXPECT_THAT(store_.Commit(InsertOf(SampleAccount(5000))), IsOk());
}

TEST_F(FaultyStoreTest, FailsAfterCommit) {
  store_.FailAfterCommit(1);
  EXPECT_THAT(store_.Commit(InsertOf(SampleAccount(5000))),
              StatusIs(kUnavailable));
  EXPECT_THAT(inner_.GetAccount({5000}), IsOk());
  EXPECT_THAT(store_.Commit(InsertOf(SampleAccount(5001))), IsOk());
}

TEST_F(FaultyStoreTest, FailsReads) {
  store_.FailReads(4);
  EXPECT_THAT(store_.FindAccount("x"), StatusIs(kUnavailable));
  EXPECT_THAT(store_.ListTokens({}), StatusIs(kUnavailable));
  EXPECT_THAT(store_.ListDevices({}), StatusIs(kUnavailable));
  EXPECT_THAT(store_.ListBudgets({5000}), StatusIs(kUnavailable));
  EXPECT_THAT(store_.FindAccount("x"), StatusIs(kNotFound));
}

TEST_F(FaultyStoreTest, RunsTheHookBeforeEachCommit) {
  store_.BeforeCommit([this] {
    EXPECT_THAT(inner_.Commit(InsertOf(SampleAccount(5000))), IsOk());
  });
  EXPECT_THAT(store_.Commit(InsertOf(SampleAccount(5000))),
              StatusIs(StatusCode::kAlreadyExists));
  store_.BeforeCommit(nullptr);
  EXPECT_THAT(store_.Commit(InsertOf(SampleAccount(5001))), IsOk());
}

}  // namespace
}  // namespace pawl::testing
