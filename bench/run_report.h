// Report: what a run measured, as a table for people and as JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/status.h"
#include "bench/worker.h"

namespace pawl::bench {

struct Report {
  std::string engine{};  // as the caller names the server
  uint32_t tokens = 0;
  std::string form{};  // unary, stream
  std::string loop{};  // closed, open
  uint32_t outstanding = 0;
  double seconds = 0;  // of the measured window
  Tally tally{};
  double server_cpu_us = 0;  // for each verdict
  double client_cpu_us = 0;
  int64_t resident_kib = 0;  // of the server
  uint64_t made_late = 0;    // codes that were not made ahead

  // Verdicts for each second.
  [[nodiscard]] double Rate() const;
};

// Two lines, the first one names the columns.
[[nodiscard]] std::string ToTable(const Report& report);

// Adds one line, a JSON object, to the file.
[[nodiscard]] Status AppendJson(const Report& report,
                                const std::filesystem::path& path);

}  // namespace pawl::bench
