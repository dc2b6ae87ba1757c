#include "bench/cpu_probe.h"

#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::bench {
namespace {

using ::pawl::testing::StatusIs;
using std::chrono::microseconds;

TEST(CpuProbe, SeesWhatThisProcessUses) {
  const CpuProbe probe = *CpuProbe::For({std::to_string(getpid())});
  const CpuTimes before = probe.Read();
  const microseconds start = OwnCpuTime();
  while (OwnCpuTime() - start < microseconds(100'000)) {
  }
  // Ticks are 10 ms long.
  EXPECT_GE(Between(before, probe.Read()), microseconds(70'000));
  EXPECT_GT(probe.ResidentKib(), 1000);
}

TEST(CpuProbe, FindsProcessesByName) {
  const CpuProbe probe = *CpuProbe::For({"name:bench_cpu_probe"});
  EXPECT_TRUE(probe.Read().empty());
  const CpuProbe own = *CpuProbe::For({"name:cpu_probe_test"});
  EXPECT_EQ(own.Read().count(getpid()), 1U);
}

TEST(CpuProbe, RefusesWhatIsNoProcess) {
  for (const char* text : {"", "x", "12x", "999999999"}) {
    EXPECT_THAT(CpuProbe::For({text}).status(),
                StatusIs(StatusCode::kFailedPrecondition))
        << text;
  }
}

TEST(CpuProbe, CountsAProcessThatStartedMeanwhileInFull) {
  EXPECT_EQ(Between({{1, microseconds(5)}, {2, microseconds(9)}},
                    {{1, microseconds(7)}, {3, microseconds(4)}}),
            microseconds(6));
}

}  // namespace
}  // namespace pawl::bench
