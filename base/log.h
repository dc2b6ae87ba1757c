// Log: one event is one JSON line on stderr.
//
// Rules: event names are snake_case literals; values never hold a PIN, a code,
// a key or a raw request (an unused code in a log is a valid credential).
// Text from outside is escaped. The journal adds nothing we need, so every
// line carries its own time.
//
//   Log(Severity::kWarning, "commit_failed").With("error", ToString(status));
//
// The line is written when the Log object dies. Thread-safe; one object
// belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl {

enum class Severity : int { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

// Lines below `severity` are dropped. Default: kInfo.
void SetLogSeverity(Severity severity);

class Log {
 public:
  Log(Severity severity, std::string_view event);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  Log& With(std::string_view key, std::string_view value);
  Log& With(std::string_view key, const char* value);
  Log& With(std::string_view key, int64_t value);

 private:
  std::string line_;  // empty: below the threshold
};

}  // namespace pawl
