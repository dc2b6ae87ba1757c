#include "bench/code_source.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "oath/hotp.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "yubico/otp.h"

namespace pawl::bench {
namespace {

using ::pawl::testing::FakeClock;
using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TempDir;

constexpr uint32_t kTokens = 40;
const KindSet kAll(0b1111);
const KindSet kCounted(0b0011);
const KindSet kTimeBased(0b1100);

class CodeSourceTest : public ::testing::Test {
 protected:
  // Each run opens the positions anew, as a program does.
  std::vector<Presentation> Run(size_t count, KindSet kinds,
                                size_t prepared = 0) {
    const Positions positions = *Positions::Open(path_, population_);
    CodeSource codes(population_, positions, clock_, {.kinds = kinds});
    EXPECT_THAT(codes.Prepare(prepared), IsOk());
    std::vector<Presentation> taken;
    for (size_t i = 0; i < count; ++i) {
      EXPECT_THAT(codes.Peek().status(), IsOk());
      taken.push_back(codes.Take());
    }
    return taken;
  }

  TempDir directory_;
  const std::filesystem::path path_ = directory_.path() / "state";
  const Population population_{"seed", kTokens};
  FakeClock clock_;
};

// Adds to what was shown; false when a code was shown before.
bool AddFresh(const std::vector<Presentation>& codes,
              std::set<std::string>& shown) {
  bool fresh = true;
  for (const Presentation& code : codes) {
    const std::string key = std::to_string(code.token) + " " + code.text;
    fresh = shown.insert(key).second && fresh;
  }
  return fresh;
}

TEST_F(CodeSourceTest, NeverMakesACodeTwice) {
  std::set<std::string> shown;
  EXPECT_TRUE(AddFresh(Run(kTokens * 20, kCounted), shown));
}

TEST_F(CodeSourceTest, GoesOnWhereTheLastRunEnded) {
  std::set<std::string> shown;
  EXPECT_TRUE(AddFresh(Run(kTokens * 3, kCounted), shown));
  EXPECT_TRUE(AddFresh(Run(kTokens * 3, kCounted), shown));
  EXPECT_TRUE(AddFresh(Run(kTokens / 2, kAll), shown));
}

// Else a token's codes would leave the server's look-ahead window.
TEST_F(CodeSourceTest, ForgetsCodesThatWereNotPresented) {
  std::map<uint32_t, uint32_t> next;
  for (int run = 0; run < 5; ++run) {
    for (const Presentation& code : Run(kTokens, kCounted, kTokens * 50)) {
      EXPECT_EQ(code.position, next[code.token]++);
    }
  }
  EXPECT_EQ(next.size(), kTokens / 2);
}

TEST_F(CodeSourceTest, VisitsEveryTokenBeforeAnyComesAgain) {
  std::set<uint32_t> seen;
  for (const Presentation& code : Run(kTokens, kAll)) {
    seen.insert(code.token);
  }
  EXPECT_EQ(seen.size(), kTokens);
}

TEST_F(CodeSourceTest, ThreadsShareThePopulationOut) {
  const Positions positions = *Positions::Open(path_, population_);
  std::set<uint32_t> seen;
  for (size_t thread = 0; thread < 2; ++thread) {
    CodeSource codes(population_, positions, clock_,
                     {.thread = thread, .threads = 2, .kinds = kAll});
    for (uint32_t i = 0; i < kTokens / 2; ++i) {
      ASSERT_THAT(codes.Peek().status(), IsOk());
      EXPECT_TRUE(seen.insert(codes.Take().token).second);
    }
  }
  EXPECT_EQ(seen.size(), kTokens);
}

TEST_F(CodeSourceTest, ShowsATimeBasedCodeOnceInItsStep) {
  const Positions positions = *Positions::Open(path_, population_);
  CodeSource codes(population_, positions, clock_, {.kinds = kTimeBased});
  std::set<std::string> shown;
  for (int step = 0; step < 3; ++step) {
    for (uint32_t i = 0; i < kTokens / 2; ++i) {
      ASSERT_THAT(codes.Peek().status(), IsOk());
      EXPECT_TRUE(AddFresh({codes.Take()}, shown));
    }
    EXPECT_THAT(codes.Peek().status(),
                StatusIs(StatusCode::kResourceExhausted));
    clock_.Advance(std::chrono::seconds(30));
  }
}

TEST_F(CodeSourceTest, DropsTimeBasedCodesThatWaitedTooLong) {
  const Positions positions = *Positions::Open(path_, population_);
  CodeSource codes(population_, positions, clock_, {.kinds = kAll});
  ASSERT_THAT(codes.Prepare(kTokens), IsOk());
  clock_.Advance(std::chrono::seconds(21));
  for (uint32_t i = 0; i < kTokens / 2; ++i) {
    ASSERT_THAT(codes.Peek().status(), IsOk());
    const Presentation code = codes.Take();
    EXPECT_FALSE(Population::PositionAt(code.token, clock_.Now()).has_value());
  }
  EXPECT_EQ(codes.made_late(), 0U);
}

TEST_F(CodeSourceTest, CodesAreThoseOfTheirTokens) {
  for (const Presentation& code : Run(kTokens * 3, kCounted)) {
    const v1::RegisterTokenRequest token = population_.TokenOf(code.token);
    const std::string pin = population_.PinOf(code.token);
    ASSERT_EQ(code.text.substr(0, 4), pin);
    if (token.has_hotp()) {
      EXPECT_EQ(code.text, pin + token.hotp().token_identifier() +
                               oath::Hotp(AsBytes(token.hotp().secret()),
                                          code.position, 8, Hash::kSha1));
      continue;
    }
    const std::optional<yubico::OtpText> text =
        yubico::ParseModhex(std::string_view(code.text).substr(4));
    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(text->public_id, token.yubico().public_id());
    const std::optional<yubico::OtpBlock> block = yubico::Open(
        text->cipher, AsBytes(token.yubico().aes_key()).first<16>(),
        AsBytes(token.yubico().private_id()).first<6>());
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(yubico::PositionOf(*block), code.position + 256U);
  }
}

TEST_F(CodeSourceTest, AnotherPopulationHasOtherPositions) {
  { const Positions positions = *Positions::Open(path_, population_); }
  EXPECT_THAT(Positions::Open(path_, Population("other", kTokens)).status(),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Positions::Open(path_, Population("seed", 2 * kTokens)).status(),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(Population, AnotherSeedGivesOtherSecrets) {
  const Population one("one", kTokens);
  const Population two("two", kTokens);
  for (uint32_t i = 0; i < kTokens; ++i) {
    EXPECT_NE(one.TokenOf(i).SerializeAsString(),
              two.TokenOf(i).SerializeAsString());
    EXPECT_EQ(one.LoginOf(i), two.LoginOf(i));
  }
}

}  // namespace
}  // namespace pawl::bench
