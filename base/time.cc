#include "base/time.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace pawl {
namespace {

constexpr UnixTime kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr UnixTime kLast =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - Millis(1);

}  // namespace

std::string ToRfc3339(UnixTime t) {
  t = std::clamp(t, kFirst, kLast);
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Millis> clock(t - day);
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<size_t>(size)};
}

UnixTime SystemClock::Now() const {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

}  // namespace pawl
