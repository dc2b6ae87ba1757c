#include "base/log.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/time.h"

namespace pawl {
namespace {

std::atomic<Severity> least_severity{Severity::kInfo};

std::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "debug";
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "unknown";
}

spdlog::logger& Transport() {
  // Never destroyed: other static objects may log while the process ends.
  static spdlog::logger& logger = *[] {
    auto* made = new spdlog::logger(
        "pawl", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made;
  }();
  return logger;
}

// Escapes a code point below U+10000.
void AppendEscape(std::string& line, char32_t code_point) {
  const std::array<uint8_t, 2> bytes = {static_cast<uint8_t>(code_point >> 8U),
                                        static_cast<uint8_t>(code_point)};
  line += "\\u";
  line += HexEncode(bytes);
}

// A JSON string. Control characters, also C1 ones, which some terminals obey,
// are escaped; every byte that is not UTF-8 becomes U+FFFD.
void AppendString(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const std::string_view before = text;
    const std::optional<char32_t> code_point = TakeCodePoint(text);
    if (!code_point.has_value()) {
      AppendEscape(line, 0xfffd);
    } else if (*code_point == U'"' || *code_point == U'\\') {
      line += '\\';
      line += before.front();
    } else if (IsControl(*code_point)) {
      AppendEscape(line, *code_point);
    } else {
      line += before.substr(0, before.size() - text.size());
    }
  }
  line += '"';
}

void AppendKey(std::string& line, std::string_view key) {
  line += ',';
  AppendString(line, key);
  line += ':';
}

}  // namespace

void SetLogSeverity(Severity severity) {
  least_severity = severity;
}

// A line below the threshold stays empty, so that it costs nothing.
Log::Log(Severity severity, std::string_view event) {
  if (severity < least_severity) {
    return;
  }
  line_ = "{\"time\":";
  AppendString(line_, ToRfc3339(SystemClock().Now()));
  With("severity", NameOf(severity));
  With("event", event);
}

Log::~Log() {
  if (line_.empty()) {
    return;
  }
  line_ += '}';
  Transport().log(spdlog::level::info, line_);
}

Log& Log::With(std::string_view key, std::string_view value) {
  if (!line_.empty()) {
    AppendKey(line_, key);
    AppendString(line_, value);
  }
  return *this;
}

Log& Log::With(std::string_view key, const char* value) {
  return With(key, std::string_view(value));
}

Log& Log::With(std::string_view key, int64_t value) {
  if (!line_.empty()) {
    AppendKey(line_, key);
    line_ += std::to_string(value);
  }
  return *this;
}

}  // namespace pawl
