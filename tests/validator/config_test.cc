#include "validator/config.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ConfigResult FromToml(const std::string& toml) {
  return LoadConfig({.toml = toml, .toml_name = "pawld.toml"});
}

TEST(Config, NothingAtAllIsAGoodConfiguration) {
  const ConfigResult result = LoadConfig({});
  EXPECT_THAT(result.problems, IsEmpty());
  EXPECT_EQ(result.config.listen_host, "127.0.0.1");
  EXPECT_EQ(result.config.listen_port, 7295);
  EXPECT_EQ(result.config.master_key, result.config.data_dir / "master.key");
  EXPECT_THAT(result.config.store, HasSubstr("sqlite:"));
}

TEST(Config, LaterSourcesWin) {
  const ConfigResult result = LoadConfig(
      {.toml = "listen = \"127.0.0.1:1\"\npin_min_length = 5\n"
               "attempt_ttl = \"1m\"",
       .toml_name = "pawld.toml",
       .environment = {{"listen", "127.0.0.1:2"}, {"pin_min_length", "6"}},
       .flags = {{"listen", "127.0.0.1:3"}}});
  EXPECT_THAT(result.problems, IsEmpty());
  EXPECT_EQ(result.config.listen_port, 3);
  EXPECT_EQ(result.config.pin_min_length, 6U);
  EXPECT_EQ(result.config.attempt_ttl, std::chrono::minutes(1));
}

TEST(Config, AllProblemsAreReportedTogether) {
  const ConfigResult result = FromToml(R"(
listen = "nowhere"
lissten = "127.0.0.1:1"
pin_min_length = "4"
tls_cert = "/x"
[throttle]
max_delay = "soon"
lock_after = 101
unknown = 1
)");
  EXPECT_THAT(
      result.problems,
      ::testing::UnorderedElementsAre(
          HasSubstr("listen: must be HOST:PORT"),
          HasSubstr(":3: lissten: is not a setting"),
          HasSubstr(":4: pin_min_length: must be a number"),
          HasSubstr("throttle.max_delay: must be a time"),
          HasSubstr("throttle.lock_after: must be a number from 1 to 100"),
          HasSubstr("throttle.unknown: is not a setting"),
          HasSubstr("tls_cert and tls_key must be set together")));
}

TEST(Config, BrokenTomlNamesItsLine) {
  EXPECT_THAT(FromToml("[= 1\n").problems, ElementsAre(HasSubstr(":1:")));
  EXPECT_THAT(FromToml("data_dir = \"/x\"\n= 5\n").problems,
              ElementsAre(HasSubstr("pawld.toml:2")));
}

TEST(Config, LettersBeyondAsciiStandInCommentsOrEscaped) {
  for (const char* good : {
           "# \u00ff\ndata_dir = \"/\"\n",
           "data_dir = '/\\'  # \u00ff ' \"\n",
           "data_dir = \"/\\\"#\"#\u00ff\xff\n",
       }) {
    EXPECT_THAT(FromToml(good).problems, IsEmpty()) << good;
  }
  EXPECT_EQ(FromToml("data_dir = \"/\\u00ff#\"").config.data_dir, "/\u00ff#");
  for (const char* bad :
       {"\u00ff", "\n\u00ff = 1\n", "data_dir = \u00a0\"/\"\n",
        "data_dir = \"/\n\u00ff", "\xff", "x = 1 \u2000",
        "data_dir = \"/\u00ff\"", "data_dir = '#\u00ff'", "x = 5'e\u00c9'",
        "x = b''' \"\u045a\"\n"}) {
    EXPECT_THAT(FromToml(bad).problems, ElementsAre(HasSubstr(":"))) << bad;
  }
}

TEST(Config, PlaintextBeyondLoopbackIsRefused) {
  for (const std::string host : {"0.0.0.0", "[::]", "192.0.2.1", "example.org",
                                 "127.0.0.1.example.org", "1.127.0.0"}) {
    const ConfigResult plain = LoadConfig({.flags = {{"listen", host + ":1"}}});
    EXPECT_THAT(plain.problems, ElementsAre(HasSubstr("beyond loopback")))
        << host;
    EXPECT_THAT(LoadConfig({.flags = {{"listen", host + ":1"},
                                      {"tls_cert", "/c"},
                                      {"tls_key", "/k"}}})
                    .problems,
                IsEmpty());
  }
  for (const std::string host :
       {"127.0.0.1", "127.9.9.9", "localhost", "[::1]"}) {
    EXPECT_THAT(LoadConfig({.flags = {{"listen", host + ":1"}}}).problems,
                IsEmpty());
  }
}

TEST(Config, ImpossibleValuesAreRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"listen", "127.0.0.1"},
      {"listen", "127.0.0.1:65536"},
      {"listen", ":7295"},
      {"pin_min_length", "3"},
      {"pin_min_length", "65"},
      {"pin_min_length", "4x"},
      {"attempt_ttl", "10"},
      {"attempt_ttl", "25h"},
      {"attempt_ttl", "-1s"},
      {"log_level", "loud"},
      {"throttle.lock_after", "101"},
      {"throttle.max_delay", "1d"},
      {"throttle.first_delay", "10m"},
      {"data_dir", ""},
      {"attempt_ttl", "99999999999999999999s"},
  };
  for (const auto& [key, value] : cases) {
    EXPECT_EQ(LoadConfig({.flags = {{key, value}}}).problems.size(), 1U)
        << key << "=" << value;
  }
}

TEST(Config, NamesAreDerivedFromKeys) {
  EXPECT_EQ(EnvironmentName("throttle.max_delay"), "PAWL_THROTTLE_MAX_DELAY");
  EXPECT_EQ(FlagName("throttle.max_delay"), "--throttle-max-delay");
}

TEST(Config, EveryExampleIsGood) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PAWL_EXAMPLES)) {
    if (entry.path().extension() != ".toml") {
      continue;
    }
    ++files;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_THAT(FromToml(text).problems, IsEmpty()) << entry.path();
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace pawl::validator
