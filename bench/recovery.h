// Recovery: kills the server at full load, waits until it accepts again, and
// proves that nothing it had accepted is accepted again.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/status.h"
#include "bench/load.h"

namespace pawl::bench {

struct RecoveryReport {
  // From the kill to the first accepted check, the restart included.
  std::chrono::milliseconds down{};
  uint64_t accepted_before = 0;
  uint64_t presented_again = 0;
};

// Kills process `server` after options.seconds of load; somebody else starts it
// again. INTERNAL when a code was accepted twice, or a verdict was wrong while
// nothing was broken; UNAVAILABLE when the server did not come back.
[[nodiscard]] StatusOr<RecoveryReport> RunRecovery(const LoadOptions& options,
                                                   int server);

}  // namespace pawl::bench
