#include "bench/run_report.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::bench {
namespace {

using ::pawl::testing::IsOk;

TEST(Report, AddsALineForEachRun) {
  const testing::TempDir directory;
  const auto path = directory.path() / "rows";
  Report report{.engine = "sqlite",
                .tokens = 1000,
                .form = "unary",
                .loop = "closed",
                .outstanding = 64,
                .seconds = 2.0,
                .server_cpu_us = 12.345};
  report.tally.latency.Record(1500);
  report.tally.kinds = {4, 3, 2, 1};
  EXPECT_THAT(AppendJson(report, path), IsOk());
  EXPECT_THAT(AppendJson(report, path), IsOk());
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const std::string line =
      R"({"engine": "sqlite", "tokens": 1000, "form": "unary", )"
      R"("loop": "closed", "outstanding": 64, "rate": 0, "p50_us": 1.5, )"
      R"("p99_us": 1.5, "p999_us": 1.5, "max_us": 1.5, "cpu_us": 12.35, )"
      R"("client_cpu_us": 0.00, "resident_kib": 0, "seconds": 2.000, )"
      R"("verdicts": 1, "replays": 0, "made_late": 0, "yubico": 4, )"
      R"("hotp": 3, "totp": 2, "motp": 1})"
      "\n";
  EXPECT_EQ(text.str(), line + line);
}

}  // namespace
}  // namespace pawl::bench
