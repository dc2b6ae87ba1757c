#include "validator/http/roster.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(Roster& roster) : roster_(roster) {}
  ~FakeConnection() override { roster_.Leave(*this); }
  void Close() override { closed = true; }
  std::atomic<bool> closed = false;

 private:
  Roster& roster_;
};

TEST(Roster, TheOneThatWaitsLongestMakesRoom) {
  Roster roster(2);
  auto first = std::make_shared<FakeConnection>(roster);
  auto second = std::make_shared<FakeConnection>(roster);
  auto third = std::make_shared<FakeConnection>(roster);
  ASSERT_TRUE(roster.Enter(first));
  ASSERT_TRUE(roster.Enter(second));
  ASSERT_TRUE(roster.BeginWait(*second));
  ASSERT_TRUE(roster.BeginWait(*first));
  ASSERT_TRUE(roster.Enter(third));
  EXPECT_TRUE(second->closed);
  EXPECT_FALSE(first->closed);
  // Who was sent away does not wait again.
  EXPECT_FALSE(roster.BeginWait(*second));
  EXPECT_FALSE(roster.EndWait(*second));
}

TEST(Roster, WhoIsAtWorkStays) {
  Roster roster(1);
  auto first = std::make_shared<FakeConnection>(roster);
  auto second = std::make_shared<FakeConnection>(roster);
  ASSERT_TRUE(roster.Enter(first));
  ASSERT_TRUE(roster.BeginWait(*first));
  EXPECT_TRUE(roster.EndWait(*first));
  EXPECT_FALSE(roster.Enter(second));
  EXPECT_FALSE(first->closed);
}

TEST(Roster, WhoHasLeftMakesRoom) {
  Roster roster(1);
  auto first = std::make_shared<FakeConnection>(roster);
  ASSERT_TRUE(roster.Enter(first));
  first.reset();
  auto second = std::make_shared<FakeConnection>(roster);
  EXPECT_TRUE(roster.Enter(second));
}

TEST(Roster, StopWaitsForWhoIsAtWork) {
  Roster roster(4);
  auto waiting = std::make_shared<FakeConnection>(roster);
  auto working = std::make_shared<FakeConnection>(roster);
  ASSERT_TRUE(roster.Enter(waiting));
  ASSERT_TRUE(roster.Enter(working));
  ASSERT_TRUE(roster.BeginWait(*waiting));
  std::thread end([&waiting, &working] {
    while (!waiting->closed) {
      std::this_thread::yield();
    }
    EXPECT_FALSE(working->closed);
    waiting.reset();
    working.reset();
  });
  roster.Stop(std::chrono::seconds(30));
  end.join();
  auto late = std::make_shared<FakeConnection>(roster);
  EXPECT_FALSE(roster.Enter(late));
}

}  // namespace
}  // namespace pawl::validator
