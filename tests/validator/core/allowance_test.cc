#include "validator/core/allowance.h"

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using std::chrono::seconds;

constexpr Allowance kThree{.burst = 3, .refill = seconds(10)};
constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);

// How many can be taken at once.
int TakeAll(db::ThrottleState& state, UnixTime now) {
  int taken = 0;
  while (const auto next = Take(kThree, state, now).state) {
    state = *next;
    ++taken;
  }
  return taken;
}

TEST(Allowance, GivesTheBurstAndThenOneByOne) {
  db::ThrottleState state;
  EXPECT_EQ(TakeAll(state, kNow), 3);
  EXPECT_EQ(TakeAll(state, kNow + seconds(9)), 0);
  EXPECT_EQ(TakeAll(state, kNow + seconds(10)), 1);
  EXPECT_EQ(TakeAll(state, kNow + seconds(30)), 2);
  EXPECT_EQ(TakeAll(state, kNow + seconds(1000)), 3);
}

TEST(Allowance, SaysHowLongToWait) {
  db::ThrottleState state;
  TakeAll(state, kNow);
  EXPECT_EQ(Take(kThree, state, kNow).retry_after, seconds(10));
  EXPECT_EQ(Take(kThree, state, kNow + seconds(4)).retry_after, seconds(6));
  EXPECT_EQ(Take(kThree, {}, kNow).retry_after, Millis{0});
}

TEST(Allowance, KeepsWhatHasPassedOfTheTimeForTheNext) {
  db::ThrottleState state;
  TakeAll(state, kNow);
  EXPECT_EQ(TakeAll(state, kNow + seconds(19)), 1);
  EXPECT_EQ(TakeAll(state, kNow + seconds(20)), 1);
}

TEST(Allowance, AStateOfTheFutureMeansNothing) {
  db::ThrottleState state;
  TakeAll(state, kNow + std::chrono::hours(1000));
  EXPECT_EQ(TakeAll(state, kNow), 3);
  EXPECT_EQ(TakeAll(state, kNow), 0);
}

TEST(Allowance, IsForgottenWhenAllOfItIsBack) {
  db::ThrottleState state;
  TakeAll(state, kNow);
  EXPECT_EQ(RefilledAt(kThree, state), kNow + seconds(30));
  EXPECT_EQ(TakeAll(state, RefilledAt(kThree, state)), 3);
}

}  // namespace
}  // namespace pawl::validator
