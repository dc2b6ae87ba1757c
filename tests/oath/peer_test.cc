// Our codes against oathtool and openssl.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "oath/hotp.h"
#include "oath/motp.h"
#include "oath/totp.h"
#include "tests/support/fake_rng.h"
#include "tests/support/process.h"

namespace pawl::oath {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::LinesOf;
using ::pawl::testing::ProcessResult;
using ::pawl::testing::RunProgram;

constexpr size_t kCodes = 20;  // per run of oathtool

// Positions where a width, a sign or a carry could go wrong.
constexpr uint64_t kPositions[] = {
    0, 250, 65530, 2147483640, 4294967290, 20000000000, 1099511627770,
};
constexpr size_t kKeySizes[] = {1, 16, 20, 32, 63, 64, 65, 128, 129};

Bytes RandomKey(FakeRng& rng, size_t size) {
  Bytes key(size);
  rng.Fill(key);
  return key;
}

// What oathtool answers to `command`, which asks for kCodes codes.
std::vector<std::string> OathtoolCodes(std::vector<std::string> command) {
  command.insert(command.begin(), "oathtool");
  command.push_back("--window=" + std::to_string(kCodes - 1));
  const ProcessResult result = RunProgram(command);
  EXPECT_EQ(result.exit_code, 0) << "is oathtool installed?";
  return LinesOf(result.output);
}

std::vector<std::string> OurCodes(const Bytes& key, uint64_t first, int digits,
                                  Hash hash) {
  std::vector<std::string> codes;
  for (uint64_t i = 0; i < kCodes; ++i) {
    codes.push_back(Hotp(key, first + i, digits, hash));
  }
  return codes;
}

TEST(Oathtool, GivesTheSameHotpCodes) {
  FakeRng rng(1);
  std::vector<uint64_t> positions(std::begin(kPositions), std::end(kPositions));
  positions.push_back((uint64_t{1} << 63U) - 10);
  positions.push_back(~uint64_t{0} - kCodes);
  for (const uint64_t position : positions) {
    for (const int digits : {6, 7, 8}) {
      const Bytes key = RandomKey(rng, 20);
      EXPECT_EQ(
          OurCodes(key, position, digits, Hash::kSha1),
          OathtoolCodes({"--hotp", "--counter=" + std::to_string(position),
                         "--digits=" + std::to_string(digits), HexEncode(key)}))
          << position;
    }
  }
}

struct TotpMode {
  const char* option = nullptr;
  Hash hash = Hash::kSha1;
};

constexpr TotpMode kTotpModes[] = {
    {"--totp=SHA1", Hash::kSha1},
    {"--totp=SHA256", Hash::kSha256},
    {"--totp=SHA512", Hash::kSha512},
};

TEST(Oathtool, GivesTheSameTotpCodesForEveryHashAndTime) {
  FakeRng rng(2);
  for (const TotpMode& mode : kTotpModes) {
    for (const uint64_t position : kPositions) {
      for (const int digits : {6, 7, 8}) {
        const Bytes key = RandomKey(rng, 20);
        EXPECT_EQ(OurCodes(key, position, digits, mode.hash),
                  OathtoolCodes({mode.option, "--time-step-size=30s",
                                 "--now=@" + std::to_string(position * 30 + 29),
                                 "--digits=" + std::to_string(digits),
                                 HexEncode(key)}))
            << mode.option << " at step " << position;
      }
    }
  }
}

TEST(Oathtool, GivesTheSameTotpCodesForEveryKeySize) {
  FakeRng rng(3);
  for (const TotpMode& mode : kTotpModes) {
    for (const size_t size : kKeySizes) {
      const Bytes key = RandomKey(rng, size);
      EXPECT_EQ(OurCodes(key, 56666666, 8, mode.hash),
                OathtoolCodes({mode.option, "--now=@1700000000", "--digits=8",
                               HexEncode(key)}))
          << mode.option << " with " << size << " bytes";
    }
  }
}

TEST(Oathtool, CountsTheSameSteps) {
  const Bytes key(20, 0x11);
  for (const int64_t period : {1, 10, 30, 60, 86400}) {
    for (const int64_t now : {1700000000, 1700000029, 1700000030}) {
      const std::optional<uint64_t> step = StepAt(now, 1000, period);
      ASSERT_TRUE(step.has_value());
      EXPECT_EQ(
          OurCodes(key, *step, 8, Hash::kSha1),
          OathtoolCodes({"--totp",
                         "--time-step-size=" + std::to_string(period) + "s",
                         "--start-time=@1000", "--now=@" + std::to_string(now),
                         "--digits=8", HexEncode(key)}))
          << period << ' ' << now;
    }
  }
}

TEST(Openssl, GivesTheSameMotpCodes) {
  FakeRng rng(4);
  for (const uint64_t slot : kPositions) {
    for (const char* pin : {"", "1", "1234", "ab12cd34"}) {
      const std::string secret = HexEncode(RandomKey(rng, 8));
      const ProcessResult result = RunProgram(
          {"openssl", "md5", "-r"}, std::to_string(slot) + secret + pin);
      ASSERT_EQ(result.exit_code, 0) << "is openssl installed?";
      EXPECT_EQ(Motp(secret, pin, slot), result.output.substr(0, kMotpDigits));
    }
  }
}

}  // namespace
}  // namespace pawl::oath
