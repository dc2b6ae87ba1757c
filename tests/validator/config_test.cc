#include "validator/config.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using ::testing::AllOf;
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

TEST(Config, WithoutOneAccountsAreAsProvidersHaveThem) {
  const Config config = LoadConfig({}).config;
  EXPECT_EQ(config.default_policy, db::AccountPolicy::kOtpWebDevicePasswords);
  EXPECT_TRUE(config.device_passwords);
  EXPECT_EQ(config.session_ttl, std::chrono::hours(12));
  EXPECT_EQ(config.password_threads, 2U);
  EXPECT_FALSE(config.trusted_sources.Contain("192.0.2.1"));
  EXPECT_FALSE(config.trusted_sources.Contain("127.0.0.1"));
  EXPECT_EQ(config.catalogue.services().size(),
            Catalogue::Default().services().size());
  ASSERT_NE(config.catalogue.Find("imap"), nullptr);
  EXPECT_EQ(config.catalogue.Find("imap")->scope, "mail");
  EXPECT_NE(config.catalogue.FindType("sync"), nullptr);
  EXPECT_EQ(config.throttle.free_failures, 5U);
  EXPECT_EQ(config.throttle.first_delay, std::chrono::seconds(1));
  EXPECT_EQ(config.throttle.max_delay, std::chrono::minutes(5));
  EXPECT_EQ(config.throttle.lock_at, 100U);
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

TEST(Config, ServicesAndDevicesAreRead) {
  const ConfigResult result = FromToml(R"(
[throttle]
trusted_sources = "192.0.2.0/24 2001:db8::/32"
[services]
interactive = "shop"
sync = "imap:mail box:mail:internal"
[devices]
types = "phone=mail"
session_ttl = "1h"
[accounts]
default_policy = "otp-only"
device_passwords = "no"
password_threads = 7
)");
  EXPECT_THAT(result.problems, IsEmpty());
  const Config& config = result.config;
  EXPECT_TRUE(config.trusted_sources.Contain("192.0.2.77"));
  EXPECT_TRUE(config.trusted_sources.Contain("2001:db8::77"));
  EXPECT_FALSE(config.trusted_sources.Contain("192.0.3.77"));
  EXPECT_EQ(config.catalogue.services().size(), 3U);
  ASSERT_NE(config.catalogue.Find("shop"), nullptr);
  EXPECT_EQ(config.catalogue.Find("shop")->kind, ServiceKind::kInteractive);
  ASSERT_NE(config.catalogue.Find("box"), nullptr);
  EXPECT_TRUE(config.catalogue.Find("box")->internal);
  ASSERT_EQ(config.catalogue.types().size(), 1U);
  EXPECT_EQ(config.catalogue.types()[0].name, "phone");
  EXPECT_EQ(config.session_ttl, std::chrono::hours(1));
  EXPECT_EQ(config.default_policy, db::AccountPolicy::kOtpOnly);
  EXPECT_FALSE(config.device_passwords);
  EXPECT_EQ(config.password_threads, 7U);
}

TEST(Config, EveryPolicyHasItsName) {
  const std::pair<const char*, db::AccountPolicy> policies[] = {
      {"password", db::AccountPolicy::kPassword},
      {"otp-web", db::AccountPolicy::kOtpWeb},
      {"otp-web-device-passwords", db::AccountPolicy::kOtpWebDevicePasswords},
      {"otp-only", db::AccountPolicy::kOtpOnly}};
  for (const auto& [name, policy] : policies) {
    const ConfigResult result =
        LoadConfig({.flags = {{"accounts.default_policy", name}}});
    EXPECT_THAT(result.problems, IsEmpty());
    EXPECT_EQ(result.config.default_policy, policy) << name;
  }
}

TEST(Config, TheLastPossibleValuesAreTaken) {
  const std::pair<std::string, std::string> cases[] = {
      {"throttle.lock_after", "100"},
      {"throttle.max_delay", "1h"},
      {"throttle.first_delay", "100ms"},
      {"throttle.trusted_sources", ""},
      {"throttle.trusted_sources", " 0.0.0.0/0  ::/0 "},
      {"devices.session_ttl", "1m"},
      {"devices.session_ttl", "168h"},
      {"devices.types", ""},
      {"accounts.device_passwords", "yes"},
      {"accounts.device_passwords", "no"},
      {"accounts.password_threads", "1"},
      {"accounts.password_threads", "64"},
      {"services.interactive", ""},
      {"services.sync", std::string(Catalogue::kSync) + " git"},
      {"services.interactive", "x"},
  };
  for (const auto& [key, value] : cases) {
    EXPECT_THAT(LoadConfig({.flags = {{key, value}}}).problems, IsEmpty())
        << key << "=" << value;
  }
}

TEST(Config, ImpossibleServicesAndDevicesAreRefusedByName) {
  struct Case {
    const char* key = "";
    const char* value = "";
    const char* problem = "";
  };
  const Case cases[] = {
      {"throttle.trusted_sources", "192.0.2.0/33", "must be addresses"},
      {"throttle.trusted_sources", "192.0.2.0/24,::1", "must be addresses"},
      {"throttle.trusted_sources", "localhost", "must be addresses"},
      {"services.interactive", "Web", "is not a name"},
      {"services.interactive", "web:mail", "is not of the form"},
      {"services.interactive", "web web", "comes twice"},
      {"services.sync", "imap::internal", "is not of the form"},
      {"services.sync", "imap:mail:secret", "is not of the form"},
      {"devices.types", "mail", "is not of the form"},
      {"devices.types", "mail=", "neither a scope nor a sync"},
      {"devices.types", "mail=webmail", "neither a scope nor a sync"},
      {"devices.types", "a=mail a=mail", "comes twice"},
      {"devices.session_ttl", "59s", "must be a time"},
      {"devices.session_ttl", "169h", "must be a time"},
      {"devices.session_ttl", "0s", "must be a time"},
      {"accounts.default_policy", "", "must be password, otp-web"},
      {"accounts.default_policy", "OTP_WEB", "must be password, otp-web"},
      {"accounts.default_policy", "otp_web", "must be password, otp-web"},
      {"accounts.device_passwords", "true", "must be yes or no"},
      {"accounts.device_passwords", "Yes", "must be yes or no"},
      {"accounts.device_passwords", "", "must be yes or no"},
      {"accounts.password_threads", "0", "must be a number from 1 to 64"},
      {"accounts.password_threads", "65", "must be a number from 1 to 64"},
      {"accounts.password_threads", "-1", "must be a number from 1 to 64"},
      {"throttle.free_failures", "0", "must be a number from 1 to 100"},
      {"throttle.max_delay", "999ms", "first_delay must not be above"},
      {"throttle.lock_after", "4", "free_failures must not be above"},
  };
  for (const Case& one : cases) {
    const std::vector<std::string> problems =
        LoadConfig({.flags = {{one.key, one.value}}}).problems;
    EXPECT_THAT(problems,
                ElementsAre(AllOf(HasSubstr(one.key), HasSubstr(one.problem))))
        << one.key << "=" << one.value;
  }
}

TEST(Config, AServiceThatIsGoneIsNotOpenedByADeviceTypeEither) {
  EXPECT_THAT(LoadConfig({.flags = {{"services.sync", "imap:mail"}}}).problems,
              ElementsAre(AllOf(HasSubstr("devices.types"),
                                HasSubstr("\"files\" is neither"))));
}

TEST(Config, ValuesHaveTheTypeOfTheirSetting) {
  EXPECT_THAT(FromToml("[accounts]\ndevice_passwords = true\n"
                       "password_threads = \"2\"\n[services]\n"
                       "interactive = [\"web\"]\n")
                  .problems,
              ::testing::UnorderedElementsAre(
                  HasSubstr(":2: accounts.device_passwords: must be a text"),
                  HasSubstr(":3: accounts.password_threads: must be a number"),
                  HasSubstr(":5: services.interactive: must be a text")));
}

TEST(Config, NoTwoSettingsHaveOneName) {
  std::set<std::string> names;
  for (const Setting& setting : Settings()) {
    EXPECT_FALSE(setting.help.empty()) << setting.key;
    EXPECT_TRUE(names.insert(EnvironmentName(setting.key)).second);
    EXPECT_TRUE(names.insert(FlagName(setting.key)).second);
  }
}

TEST(Config, NamesAreDerivedFromKeys) {
  EXPECT_EQ(EnvironmentName("throttle.max_delay"), "PAWL_THROTTLE_MAX_DELAY");
  EXPECT_EQ(FlagName("throttle.max_delay"), "--throttle-max-delay");
  EXPECT_EQ(EnvironmentName("services.sync"), "PAWL_SERVICES_SYNC");
  EXPECT_EQ(FlagName("accounts.default_policy"), "--accounts-default-policy");
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
  EXPECT_GE(files, 3);
}

}  // namespace
}  // namespace pawl::validator
