#include "base/time.h"

#include <limits>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace pawl {
namespace {

using ::pawl::testing::FakeClock;

TEST(UnixTime, ConvertsMillisBothWays) {
  for (const int64_t ms : {int64_t{0}, int64_t{-1}, int64_t{1'700'000'000'123},
                           int64_t{20'000'000'000'000}}) {
    EXPECT_EQ(ToUnixMillis(FromUnixMillis(ms)), ms);
  }
}

TEST(UnixTime, RoundsSecondsDown) {
  EXPECT_EQ(ToUnixSeconds(FromUnixMillis(1999)), 1);
  EXPECT_EQ(ToUnixSeconds(FromUnixMillis(0)), 0);
  EXPECT_EQ(ToUnixSeconds(FromUnixMillis(-1)), -1);
  EXPECT_EQ(ToUnixSeconds(FromUnixMillis(-1000)), -1);
  EXPECT_EQ(ToUnixSeconds(FromUnixMillis(-1001)), -2);
}

TEST(ToRfc3339, WritesUtcToTheMillisecond) {
  struct Case {
    int64_t ms = 0;
    const char* text = nullptr;
  };
  const Case cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1'700'000'000'007, "2023-11-14T22:13:20.007Z"},
      {951'827'696'789, "2000-02-29T12:34:56.789Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {4'102'444'800'000, "2100-01-01T00:00:00.000Z"},
      {std::numeric_limits<int64_t>::max(), "9999-12-31T23:59:59.999Z"},
      {std::numeric_limits<int64_t>::min(), "0000-01-01T00:00:00.000Z"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ToRfc3339(FromUnixMillis(c.ms)), c.text);
  }
}

TEST(SystemClock, TellsTheTimeOfTheSystem) {
  const auto before =
      std::chrono::floor<Millis>(std::chrono::system_clock::now());
  const UnixTime now = SystemClock().Now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock(FromUnixMillis(1000));
  EXPECT_EQ(clock.Now(), clock.Now());
  clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(ToUnixMillis(clock.Now()), 3000);
  clock.Set(FromUnixMillis(7));
  EXPECT_EQ(ToUnixMillis(clock.Now()), 7);
}

TEST(FakeClock, MayBeMovedByManyThreads) {
  FakeClock clock(FromUnixMillis(0));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&clock] {
      for (int j = 0; j < 1000; ++j) {
        clock.Advance(Millis(1));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(ToUnixMillis(clock.Now()), 4000);
}

}  // namespace
}  // namespace pawl
