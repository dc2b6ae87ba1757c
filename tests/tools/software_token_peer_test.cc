// Codes of software tokens, read by ykparse, oathtool and md5sum.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/support/fake_rng.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tools/token/software_token.h"

namespace pawl::tools {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::LinesOf;
using ::pawl::testing::ProcessResult;
using ::pawl::testing::RunProgram;
using ::testing::HasSubstr;
using v1::RegisterTokenRequest;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);
constexpr int kCodes = 20;

// The next kCodes codes, each from the period after the one before.
std::vector<std::string> Codes(SoftwareToken& token, FakeRng& rng) {
  std::vector<std::string> codes;
  UnixTime now = kNow;
  for (int i = 0; i < kCodes; ++i) {
    codes.push_back(*token.NextCode(now, rng));
    now += token.CodePeriod();
  }
  return codes;
}

std::vector<std::string> Oathtool(std::vector<std::string> command) {
  command.insert(command.begin(), "oathtool");
  command.push_back("--window=" + std::to_string(kCodes - 1));
  const ProcessResult result = RunProgram(command);
  EXPECT_EQ(result.exit_code, 0) << "is oathtool installed?";
  return LinesOf(result.output);
}

TEST(Ykparse, ReadsTheFieldsOfEveryCode) {
  FakeRng rng;
  RegisterTokenRequest description;
  description.mutable_yubico()->set_public_id("vvcccccccccb");
  SoftwareToken token = *SoftwareToken::Generate(description, rng);
  constexpr size_t kPublicIdLetters = 12;
  const std::string key =
      HexEncode(AsBytes(token.registration().yubico().aes_key()));
  std::string private_id;
  for (const char byte : token.registration().yubico().private_id()) {
    private_id += HexEncode(AsBytes(std::string_view(&byte, 1))) + " ";
  }
  const std::vector<std::string> codes = Codes(token, rng);
  for (size_t i = 0; i < codes.size(); ++i) {
    const ProcessResult result =
        RunProgram({"ykparse", key, codes[i].substr(kPublicIdLetters)});
    EXPECT_EQ(result.exit_code, 0) << "is libyubikey-dev installed?";
    EXPECT_THAT(result.output, HasSubstr("crc check: ok"));
    EXPECT_THAT(result.output, HasSubstr("uid: " + private_id));
    EXPECT_THAT(result.output, HasSubstr("counter: 1 (0x0001)"));
    EXPECT_THAT(result.output,
                HasSubstr("session use: " + std::to_string(i) + " "));
  }
}

TEST(Oathtool, GivesTheSameHotpCodes) {
  FakeRng rng;
  RegisterTokenRequest description;
  description.mutable_hotp()->set_digits(7);
  description.mutable_hotp()->set_counter(41);
  SoftwareToken token = *SoftwareToken::Generate(description, rng);
  const std::string seed = token.registration().hotp().secret();
  EXPECT_EQ(Codes(token, rng), Oathtool({"--hotp", "--counter=41", "--digits=7",
                                         HexEncode(AsBytes(seed))}));
}

TEST(Oathtool, GivesTheSameTotpCodes) {
  struct Case {
    v1::HashAlgorithm hash = v1::HASH_ALGORITHM_UNSPECIFIED;
    const char* mode = "";
  };
  for (const Case& test : {Case{v1::HASH_ALGORITHM_UNSPECIFIED, "--totp=SHA1"},
                           Case{v1::HASH_ALGORITHM_SHA256, "--totp=SHA256"},
                           Case{v1::HASH_ALGORITHM_SHA512, "--totp=SHA512"}}) {
    FakeRng rng;
    RegisterTokenRequest description;
    description.mutable_totp()->set_hash(test.hash);
    description.mutable_totp()->mutable_period()->set_seconds(60);
    SoftwareToken token = *SoftwareToken::Generate(description, rng);
    const std::string seed = token.registration().totp().secret();
    EXPECT_EQ(
        Codes(token, rng),
        Oathtool({test.mode, "--now=@" + std::to_string(ToUnixSeconds(kNow)),
                  "--time-step-size=60s", HexEncode(AsBytes(seed))}));
  }
}

TEST(Md5sum, GivesTheSameMotpCodes) {
  FakeRng rng;
  RegisterTokenRequest description;
  description.mutable_motp();
  SoftwareToken token = *SoftwareToken::Generate(description, rng);
  const v1::MotpToken& secrets = token.registration().motp();
  int64_t slot = ToUnixSeconds(kNow) / 10;
  for (const std::string& code : Codes(token, rng)) {
    const ProcessResult result = RunProgram(
        {"md5sum"}, std::to_string(slot) + secrets.secret() + secrets.pin());
    EXPECT_EQ(code, result.output.substr(0, 6));
    ++slot;
  }
}

}  // namespace
}  // namespace pawl::tools
