#include "validator/service/cache_warmer.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "db/memory/memory_store.h"
#include "tests/support/faulty_store.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using ::pawl::testing::FaultyStore;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::SampleAccount;

constexpr uint64_t kFirst = 5000;
constexpr size_t kPlenty = size_t{1} << 24U;

class CacheWarmerTest : public ::testing::Test {
 protected:
  void AddAccounts(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      ASSERT_THAT(store_.Commit(InsertOf(SampleAccount(kFirst + i))), IsOk());
    }
  }

  static bool Has(db::RecordCache& cache, uint64_t number) {
    db::Rows rows;
    return cache.Find({.logins = {SampleAccount(kFirst + number).login}}, rows);
  }

  // Has it the account, or soon?
  static bool GetsIn(db::RecordCache& cache, uint64_t number) {
    for (int i = 0; i < 10'000 && !Has(cache, number); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return Has(cache, number);
  }

  db::MemoryStore store_;
};

TEST_F(CacheWarmerTest, ReadsEveryAccount) {
  AddAccounts(1000);  // several pages
  db::RecordCache cache(kPlenty);
  CacheWarmer warmer(store_, cache);
  warmer.Start();
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(GetsIn(cache, i)) << i;
  }
}

TEST_F(CacheWarmerTest, EndsWhenTheCacheIsFull) {
  AddAccounts(1000);
  db::RecordCache cache(size_t{1} << 16U);
  {
    CacheWarmer warmer(store_, cache);
    warmer.Start();
    while (!cache.IsFull()) {
      std::this_thread::yield();
    }
  }
  size_t kept = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    kept += Has(cache, i) ? 1U : 0U;
  }
  EXPECT_GT(kept, 100);
  EXPECT_LT(kept, 1000);
}

TEST_F(CacheWarmerTest, AFailingStoreOnlyEndsIt) {
  AddAccounts(1);
  FaultyStore faulty(store_);
  faulty.FailReads(1000);
  db::RecordCache cache(kPlenty);
  {
    CacheWarmer warmer(faulty, cache);
    warmer.Start();
  }
  EXPECT_FALSE(Has(cache, 0));
  CacheWarmer again(store_, cache);
  again.Start();
  EXPECT_TRUE(GetsIn(cache, 0));
}

TEST_F(CacheWarmerTest, EndsWithItsOwner) {
  AddAccounts(1000);
  db::RecordCache cache(kPlenty);
  for (int i = 0; i < 20; ++i) {
    CacheWarmer warmer(store_, cache);
    warmer.Start();
  }
}

}  // namespace
}  // namespace pawl::validator
