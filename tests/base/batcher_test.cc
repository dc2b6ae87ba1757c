#include "base/batcher.h"

#include <atomic>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl {
namespace {

using ::testing::Each;
using ::testing::Le;

// Holds the batcher's thread inside its work until it is opened.
class Gate {
 public:
  void Open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    wake_.notify_all();
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    wake_.notify_all();
    wake_.wait(lock, [this] { return open_; });
  }
  void AwaitReached() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return reached_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool open_ = false;
  bool reached_ = false;
};

TEST(Batcher, WhatArrivesMeanwhileIsTheNextBatch) {
  Gate gate;
  std::vector<size_t> sizes;
  {
    Batcher<int> batcher("test", {.queue = 100, .batch = 100},
                         [&](std::span<int> batch) {
                           gate.Pass();
                           sizes.push_back(batch.size());
                         });
    ASSERT_TRUE(batcher.Add(0));
    gate.AwaitReached();
    for (int i = 1; i <= 9; ++i) {
      ASSERT_TRUE(batcher.Add(i));
    }
    gate.Open();
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{1, 9}));
}

TEST(Batcher, KeepsOrderAndLimits) {
  Gate gate;
  std::vector<int> seen;
  std::vector<size_t> sizes;
  {
    Batcher<int> batcher("test", {.queue = 5, .batch = 2},
                         [&](std::span<int> batch) {
                           gate.Pass();
                           sizes.push_back(batch.size());
                           seen.insert(seen.end(), batch.begin(), batch.end());
                         });
    ASSERT_TRUE(batcher.Add(0));
    gate.AwaitReached();
    for (int i = 1; i <= 5; ++i) {
      EXPECT_TRUE(batcher.Add(i));
    }
    EXPECT_FALSE(batcher.Add(6));
    gate.Open();
  }
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_THAT(sizes, Each(Le(2U)));
}

TEST(Batcher, WorksOnEverythingFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  std::atomic<int64_t> sum = 0;
  {
    Batcher<int> batcher("test", {.queue = kThreads * kEach, .batch = 64},
                         [&](std::span<int> batch) {
                           sum += std::accumulate(batch.begin(), batch.end(),
                                                  int64_t{0});
                         });
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 1; i <= kEach; ++i) {
          EXPECT_TRUE(batcher.Add(i));
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  EXPECT_EQ(sum, int64_t{kThreads} * kEach * (kEach + 1) / 2);
}

TEST(Batcher, WorkMayAddMore) {
  std::atomic<int> count = 0;
  Batcher<int>* self = nullptr;
  Gate gate;
  {
    Batcher<int> batcher("test", {.queue = 10, .batch = 10},
                         [&](std::span<int> batch) {
                           gate.Pass();
                           for (const int left : batch) {
                             ++count;
                             if (left > 0) {
                               EXPECT_TRUE(self->Add(left - 1));
                             }
                           }
                         });
    self = &batcher;
    ASSERT_TRUE(batcher.Add(5));
    gate.Open();
  }
  EXPECT_EQ(count, 6);
}

}  // namespace
}  // namespace pawl
