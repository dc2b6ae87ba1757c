#include "tools/token/token_file.h"

#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/rng.h"
#include "tests/support/fake_rng.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tools/cli/json.h"

namespace pawl::tools {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TempDir;
using v1::RegisterTokenRequest;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'123);

SoftwareToken NewYubico() {
  FakeRng rng;
  RegisterTokenRequest description;
  description.set_label("my key");
  description.mutable_yubico()->set_public_id("vvcccccccccb");
  return *SoftwareToken::Generate(description, rng);
}

SoftwareToken NewHotp() {
  FakeRng rng;
  RegisterTokenRequest description;
  description.mutable_hotp();
  return *SoftwareToken::Generate(description, rng);
}

std::string Json(const SoftwareToken& token) {
  return ToJson(token.registration(), JsonDefaults::kLeaveOut);
}

// Takes one code as the program does, and keeps the counter.
std::string TakeCode(const std::filesystem::path& path) {
  SystemRng rng;
  const StatusOr<LockedTokenFile> file = LockedTokenFile::Open(path);
  StatusOr<SoftwareToken> token = ReadTokenFile(path);
  PAWL_CHECK(file.ok() && token.ok());
  const StatusOr<std::string> code = token->NextCode(kNow, rng);
  PAWL_CHECK(code.ok() && file->Save(*token).ok());
  return *code;
}

TEST(TokenFile, KeepsTheWholeTokenForItsOwnerOnly) {
  FakeRng rng;
  TempDir directory;
  const std::filesystem::path path = directory / "token";
  SoftwareToken token = NewYubico();
  ASSERT_THAT(token.NextCode(kNow, rng), IsOk());
  ASSERT_THAT(CreateTokenFile(path, token), IsOk());
  const StatusOr<SoftwareToken> read = ReadTokenFile(path);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(Json(*read), Json(token));
  EXPECT_EQ(read->yubico().use_counter, 1);
  EXPECT_EQ(read->yubico().session_uses, 1);
  EXPECT_EQ(read->yubico().power_up_time, kNow);
  EXPECT_EQ(read->yubico().power_up_timestamp,
            token.yubico().power_up_timestamp);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms(0600));
}

TEST(TokenFile, IsNeverOverwrittenByANewToken) {
  TempDir directory;
  const std::filesystem::path path = directory / "token";
  ASSERT_THAT(CreateTokenFile(path, NewYubico()), IsOk());
  EXPECT_THAT(CreateTokenFile(path, NewHotp()),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(Json(*ReadTokenFile(path)), Json(NewYubico()));
}

TEST(TokenFile, SaveReplacesTheStateAndStaysPrivate) {
  TempDir directory;
  const std::filesystem::path path = directory / "token";
  ASSERT_THAT(CreateTokenFile(path, NewHotp()), IsOk());
  TakeCode(path);
  EXPECT_EQ(ReadTokenFile(path)->registration().hotp().counter(), 1);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms(0600));
}

TEST(TokenFile, SurvivesAnEarlierSaveThatDiedHalfWay) {
  TempDir directory;
  const std::filesystem::path path = directory / "token";
  ASSERT_THAT(CreateTokenFile(path, NewHotp()), IsOk());
  ASSERT_THAT(CreatePrivateFile(directory / "token.new", "half a fi"), IsOk());
  TakeCode(path);
  EXPECT_EQ(ReadTokenFile(path)->registration().hotp().counter(), 1);
}

TEST(TokenFile, GivesNoCodeToTwoTakers) {
  constexpr size_t kTakers = 8;
  constexpr size_t kCodes = 25;
  TempDir directory;
  const std::filesystem::path path = directory / "token";
  ASSERT_THAT(CreateTokenFile(path, NewYubico()), IsOk());
  std::vector<std::vector<std::string>> taken(kTakers);
  std::vector<std::thread> takers;
  for (std::vector<std::string>& codes : taken) {
    takers.emplace_back([&path, &codes] {
      for (size_t i = 0; i < kCodes; ++i) {
        codes.push_back(TakeCode(path));
      }
    });
  }
  std::set<std::string> all;
  for (size_t i = 0; i < kTakers; ++i) {
    takers[i].join();
    all.insert(taken[i].begin(), taken[i].end());
  }
  EXPECT_EQ(all.size(), kTakers * kCodes);
  // Two codes of one position would differ in their random part only.
  EXPECT_EQ(ReadTokenFile(path)->yubico().session_uses, kTakers * kCodes);
}

TEST(TokenFile, RefusesWhatIsNotAToken) {
  const std::string registration = Json(NewYubico());
  for (const std::string& contents :
       {std::string(), std::string("{}"), std::string("[1]"),
        std::string(R"({"registration": {"label": "x"}})"),
        R"({"registration": )" + registration + "}",
        R"({"registration": )" + registration +
            R"(, "yubico": {"use_counter": 1.5, "session_uses": 0,
                "power_up_unix_millis": 0, "power_up_timestamp": 0}})",
        R"({"registration": )" + registration +
            R"(, "yubico": {"use_counter": -1, "session_uses": 0,
                "power_up_unix_millis": 0, "power_up_timestamp": 0}})"}) {
    TempDir directory;
    const std::filesystem::path path = directory / "token";
    ASSERT_THAT(CreatePrivateFile(path, contents), IsOk());
    EXPECT_THAT(ReadTokenFile(path), StatusIs(StatusCode::kInvalidArgument))
        << contents;
  }
}

TEST(TokenFile, CannotBeLockedWhenThereIsNone) {
  TempDir directory;
  EXPECT_THAT(LockedTokenFile::Open(directory / "none"),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace pawl::tools
