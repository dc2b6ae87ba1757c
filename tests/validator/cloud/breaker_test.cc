#include "validator/cloud/breaker.h"

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using std::chrono::seconds;

TEST(Breaker, KeepsAwayAfterSomeFailuresInARow) {
  Breaker breaker;
  const Breaker::Time begin{};
  for (int i = 0; i < Breaker::kMostFailures; ++i) {
    EXPECT_TRUE(breaker.MayTry(begin));
    breaker.Failed(begin);
  }
  EXPECT_FALSE(breaker.MayTry(begin));
  EXPECT_FALSE(breaker.MayTry(begin + Breaker::kPause - seconds(1)));
}

TEST(Breaker, LetsOneTryAfterThePause) {
  Breaker breaker;
  const Breaker::Time begin{};
  for (int i = 0; i < Breaker::kMostFailures; ++i) {
    breaker.Failed(begin);
  }
  const Breaker::Time later = begin + Breaker::kPause;
  EXPECT_TRUE(breaker.MayTry(later));
  EXPECT_FALSE(breaker.MayTry(later));  // one is enough
  breaker.Failed(later);
  EXPECT_FALSE(breaker.MayTry(later + Breaker::kPause - seconds(1)));
  EXPECT_TRUE(breaker.MayTry(later + Breaker::kPause));
  breaker.Succeeded();
  EXPECT_TRUE(breaker.MayTry(later + Breaker::kPause));
  EXPECT_TRUE(breaker.MayTry(later + Breaker::kPause));
}

TEST(Breaker, ASuccessForgetsFailures) {
  Breaker breaker;
  const Breaker::Time begin{};
  for (int i = 0; i < 10; ++i) {
    breaker.Failed(begin);
    breaker.Succeeded();
    EXPECT_TRUE(breaker.MayTry(begin));
  }
}

}  // namespace
}  // namespace pawl::validator
