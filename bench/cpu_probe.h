// CpuProbe: processor time and memory of the servers under load, from /proc.
//
// Thread safety: immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace pawl::bench {

// Processor time used so far, by process.
using CpuTimes = std::map<int, std::chrono::microseconds>;

class CpuProbe {
 public:
  // Each text is a process id or "name:COMMAND", which stands for all processes
  // of that name, also those that start later.
  [[nodiscard]] static StatusOr<CpuProbe> For(
      const std::vector<std::string>& processes);

  [[nodiscard]] CpuTimes Read() const;
  // Resident memory in KiB of the processes given by id.
  [[nodiscard]] int64_t ResidentKib() const;

 private:
  std::vector<int> ids_;
  std::vector<std::string> names_;
};

// What was used between two readings; processes that ended in between count
// for nothing.
[[nodiscard]] std::chrono::microseconds Between(const CpuTimes& before,
                                                const CpuTimes& after);

// Processor time of this process.
[[nodiscard]] std::chrono::microseconds OwnCpuTime();

}  // namespace pawl::bench
