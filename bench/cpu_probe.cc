#include "bench/cpu_probe.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include <sys/resource.h>

namespace pawl::bench {
namespace {

using std::chrono::microseconds;

std::filesystem::path ProcOf(int id) {
  return std::filesystem::path("/proc") / std::to_string(id);
}

std::optional<int> NumberIn(std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) {
    return std::nullopt;
  }
  return number;
}

// User and system time: fields 14 and 15 of proc(5), counted behind the name,
// which may hold blanks.
std::optional<microseconds> TimeOf(int id) {
  std::ifstream file(ProcOf(id) / "stat");
  std::string line;
  if (!std::getline(file, line)) {
    return std::nullopt;
  }
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) {
    fields >> skipped;
  }
  int64_t user = 0;
  int64_t system = 0;
  fields >> user >> system;
  const int64_t per_second = sysconf(_SC_CLK_TCK);
  return microseconds((user + system) * std::micro::den / per_second);
}

std::string NameOf(int id) {
  std::ifstream file(ProcOf(id) / "comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

StatusOr<CpuProbe> CpuProbe::For(const std::vector<std::string>& processes) {
  constexpr std::string_view kName = "name:";
  CpuProbe probe;
  for (const std::string& process : processes) {
    if (process.starts_with(kName)) {
      probe.names_.push_back(process.substr(kName.size()));
      continue;
    }
    const std::optional<int> id = NumberIn(process);
    if (!id.has_value() || !TimeOf(*id).has_value()) {
      return FailedPrecondition("there is no process " + process);
    }
    probe.ids_.push_back(*id);
  }
  return probe;
}

CpuTimes CpuProbe::Read() const {
  std::vector<int> ids = ids_;
  if (!names_.empty()) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::optional<int> id = NumberIn(entry.path().filename().string());
      if (id.has_value() && std::find(names_.begin(), names_.end(),
                                      NameOf(*id)) != names_.end()) {
        ids.push_back(*id);
      }
    }
  }
  CpuTimes times;
  for (const int id : ids) {
    if (const std::optional<microseconds> time = TimeOf(id)) {
      times[id] = *time;
    }
  }
  return times;
}

int64_t CpuProbe::ResidentKib() const {
  int64_t sum = 0;
  for (const int id : ids_) {
    std::ifstream file(ProcOf(id) / "status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmRSS:")) {
        sum += std::stoll(line.substr(6));
      }
    }
  }
  return sum;
}

microseconds Between(const CpuTimes& before, const CpuTimes& after) {
  microseconds sum{0};
  for (const auto& [id, time] : after) {
    const auto earlier = before.find(id);
    sum += time - (earlier == before.end() ? microseconds{0} : earlier->second);
  }
  return sum;
}

microseconds OwnCpuTime() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return microseconds(time.tv_sec * std::micro::den + time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

}  // namespace pawl::bench
