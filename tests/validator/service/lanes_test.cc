#include "validator/service/lanes.h"

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using Entry = Lanes<int>::Entry;

TEST(Lanes, LetsOneGoAndTheOthersWaitInOrder) {
  Lanes<int> lanes;
  const auto kim = Lanes<int>::Of("kim");
  EXPECT_EQ(lanes.Enter(kim, 1), Entry::kGo);
  EXPECT_EQ(lanes.Enter(kim, 2), Entry::kWait);
  EXPECT_EQ(lanes.Enter(kim, 3), Entry::kWait);
  EXPECT_EQ(lanes.Enter(Lanes<int>::Of("anna"), 4), Entry::kGo);
  EXPECT_EQ(lanes.Leave(kim), 2);
  EXPECT_EQ(lanes.Enter(kim, 5), Entry::kWait);
  EXPECT_EQ(lanes.Leave(kim), 3);
  EXPECT_EQ(lanes.Leave(kim), 5);
  EXPECT_EQ(lanes.Leave(kim), std::nullopt);
  EXPECT_EQ(lanes.Enter(kim, 6), Entry::kGo);
}

TEST(Lanes, IsFullAtItsBound) {
  Lanes<int> lanes;
  const auto kim = Lanes<int>::Of("kim");
  ASSERT_EQ(lanes.Enter(kim, 0), Entry::kGo);
  for (size_t i = 0; i < Lanes<int>::kMaxWaiting; ++i) {
    ASSERT_EQ(lanes.Enter(kim, 1), Entry::kWait);
  }
  EXPECT_EQ(lanes.Enter(kim, 1), Entry::kFull);
  EXPECT_EQ(lanes.Leave(kim), 1);
  EXPECT_EQ(lanes.Enter(kim, 1), Entry::kWait);
}

}  // namespace
}  // namespace pawl::validator
