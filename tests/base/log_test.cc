#include "base/log.h"

#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace pawl {
namespace {

using Json = nlohmann::json;
using ::testing::MatchesRegex;

// What `write` logs, line by line; a line that is not JSON is discarded().
template <typename Write>
std::vector<Json> Capture(Write write) {
  ::testing::internal::CaptureStderr();
  write();
  std::vector<Json> lines;
  std::istringstream text(::testing::internal::GetCapturedStderr());
  for (std::string line; std::getline(text, line);) {
    lines.push_back(Json::parse(line, nullptr, /*allow_exceptions=*/false));
  }
  return lines;
}

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { SetLogSeverity(Severity::kInfo); }
};

TEST_F(LogTest, WritesOneJsonObjectOnOneLine) {
  const std::vector<Json> lines = Capture([] {
    Log(Severity::kWarning, "commit_failed")
        .With("error", std::string("disk full"))
        .With("engine", "sqlite")
        .With("attempt", 3)
        .With("lowest", std::numeric_limits<int64_t>::min());
  });
  ASSERT_EQ(lines.size(), 1U);
  const Json& line = lines[0];
  EXPECT_EQ(line.size(), 7U);
  EXPECT_EQ(line["severity"], "warning");
  EXPECT_EQ(line["event"], "commit_failed");
  EXPECT_EQ(line["error"], "disk full");
  EXPECT_EQ(line["engine"], "sqlite");
  EXPECT_EQ(line["attempt"], 3);
  EXPECT_EQ(line["lowest"], std::numeric_limits<int64_t>::min());
  EXPECT_THAT(line["time"].get<std::string>(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T"
                           "[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z"));
}

TEST_F(LogTest, BeginsWithTimeSeverityAndEvent) {
  ::testing::internal::CaptureStderr();
  Log(Severity::kError, "stopped").With("a", "b");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("[{]\"time\":\"[^\"]*\",\"severity\":\"error\","
                           "\"event\":\"stopped\",\"a\":\"b\"[}]\n"));
}

TEST_F(LogTest, DropsLinesBelowTheThreshold) {
  const auto write_all = [] {
    Log(Severity::kDebug, "debug").With("a", "b").With("c", 1);
    Log(Severity::kInfo, "info");
    Log(Severity::kWarning, "warning");
    Log(Severity::kError, "error");
  };
  EXPECT_EQ(Capture(write_all).size(), 3U);
  SetLogSeverity(Severity::kError);
  const std::vector<Json> lines = Capture(write_all);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["severity"], "error");
  SetLogSeverity(Severity::kDebug);
  EXPECT_EQ(Capture(write_all).size(), 4U);
}

TEST_F(LogTest, EscapesTextFromOutside) {
  struct Case {
    std::string_view text;
    std::string_view read_back;
  };
  const Case cases[] = {
      {"quote \" and \\", "quote \" and \\"},
      {"a\r\nb\tc", "a\r\nb\tc"},
      {"\",\"event\":\"forged", "\",\"event\":\"forged"},
      {std::string_view("zero\0", 5), std::string_view("zero\0", 5)},
      {"caf\xc3\xa9 \xf0\x9f\x94\x91", "caf\xc3\xa9 \xf0\x9f\x94\x91"},
      {"\x1b[31m \x7f \xc2\x9b", "\x1b[31m \x7f \xc2\x9b"},
      {"bad \xff\xc3", "bad \xef\xbf\xbd\xef\xbf\xbd"},
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"{} %s %n", "{} %s %n"},
  };
  for (const Case& c : cases) {
    const std::vector<Json> lines =
        Capture([&c] { Log(Severity::kInfo, "event").With("text", c.text); });
    ASSERT_EQ(lines.size(), 1U) << c.text;
    ASSERT_TRUE(lines[0].is_object()) << c.text;
    EXPECT_EQ(lines[0]["text"].get<std::string>(), c.read_back);
    EXPECT_EQ(lines[0]["event"], "event");
  }
}

TEST_F(LogTest, SendsNoControlCharacterToTheTerminal) {
  std::string all;
  for (int c = 0; c < 256; ++c) {
    all += static_cast<char>(c);
  }
  all += "\xc2\x80\xc2\x9b\xc2\x9f";
  ::testing::internal::CaptureStderr();
  Log(Severity::kInfo, "event").With(all, all);
  std::string line = ::testing::internal::GetCapturedStderr();
  ASSERT_TRUE(line.ends_with('\n'));
  line.pop_back();
  EXPECT_FALSE(HasControlCharacters(line));
  EXPECT_TRUE(IsValidUtf8(line));
}

TEST_F(LogTest, KeepsLinesOfManyThreadsApart) {
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  const std::vector<Json> lines = Capture([] {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([i] {
        for (int j = 0; j < kLines; ++j) {
          Log(Severity::kInfo, "event").With("thread", i).With("line", j);
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  });
  EXPECT_EQ(lines.size(), size_t{kThreads} * kLines);
  std::vector<int> next(kThreads, 0);
  for (const Json& line : lines) {
    ASSERT_TRUE(line.is_object());
    EXPECT_EQ(line["line"], next.at(line["thread"].get<size_t>())++);
  }
}

}  // namespace
}  // namespace pawl
