// RunLoad: one measured run against one server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "bench/code_source.h"
#include "bench/run_report.h"
#include "bench/target.h"

namespace pawl::bench {

// From here on one connection and one thread do not keep a server busy.
inline constexpr uint32_t kOutstandingPerThread = 128;

struct LoadOptions {
  TargetOptions target{};
  std::string engine = "pawld";  // a name for the report
  std::string seed{};
  uint32_t tokens = 0;
  std::string state{};  // the file of bench/positions.h
  bool stream = false;
  bool otp = false;      // ValidateOtp instead of CheckLogin
  bool devices = false;  // CheckLogin with device passwords
  KindSet kinds{};
  uint32_t outstanding = 64;
  double rate = 0;  // questions a second; 0: closed loop
  double warm_up = 1;
  double seconds = 3;
  uint32_t replay_percent = 0;
  bool attempt_ids = false;
  uint32_t prepare = 300'000;         // codes made ahead
  std::vector<std::string> cpu_of{};  // see bench/cpu_probe.h
};

// INTERNAL when a verdict was wrong or a call failed; the message is the first.
[[nodiscard]] StatusOr<Report> RunLoad(const LoadOptions& options);

}  // namespace pawl::bench
