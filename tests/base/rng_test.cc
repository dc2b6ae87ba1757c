#include "base/rng.h"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/key_access.h"
#include "tests/support/fake_rng.h"

namespace pawl {
namespace {

using ::pawl::testing::FakeRng;

constexpr uint64_t kTwoTo63 = uint64_t{1} << 63U;

// Plays back the given bytes, then zeros.
class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(Bytes script) : script_(std::move(script)) {}
  void Fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) {
      byte = next_ < script_.size() ? script_[next_++] : uint8_t{0};
    }
  }

 private:
  Bytes script_;
  size_t next_ = 0;
};

TEST(Rng, IdsAreNeverZero) {
  Bytes script(16, 0);   // two draws of zero
  script[8] = 0x80;      // the second only by its cut-off top bit
  script.resize(23, 0);  // a third
  script.push_back(5);
  EXPECT_EQ(ScriptedRng(script).RandomId(), 5U);
}

TEST(Rng, IdsFitASignedColumn) {
  EXPECT_EQ(ScriptedRng(Bytes(8, 0xff)).RandomId(), kTwoTo63 - 1);
}

TEST(Rng, SecretsAreFilledToTheAskedSize) {
  for (const size_t size : {0U, 1U, 16U, 1000U}) {
    Bytes expected(size);
    FakeRng(size).Fill(expected);
    const SecretBytes secret = FakeRng(size).Secret(size);
    EXPECT_EQ(HexEncode(secret.Reveal(GrantKeyAccess())), HexEncode(expected));
  }
}

TEST(SystemRng, FillsTheWholeSpanAndNothingElse) {
  SystemRng rng;
  // A byte that was never written would stay 0 in all of the 32 rounds.
  std::vector<uint8_t> seen(66, 0);
  for (int round = 0; round < 32; ++round) {
    std::vector<uint8_t> bytes(66, 0);
    rng.Fill(std::span<uint8_t>(bytes).subspan(1, 64));
    std::transform(
        bytes.begin(), bytes.end(), seen.begin(), seen.begin(),
        [](uint8_t a, uint8_t b) { return static_cast<uint8_t>(a | b); });
  }
  EXPECT_EQ(seen.front(), 0);
  EXPECT_EQ(seen.back(), 0);
  EXPECT_EQ(std::count(seen.begin() + 1, seen.end() - 1, 0), 0);
  rng.Fill({});
}

TEST(SystemRng, FillsMoreThanOneCallOfOpenSsl) {
  SystemRng rng;
  Bytes bytes((size_t{1} << 20U) + 64);
  rng.Fill(bytes);
  EXPECT_NE(Bytes(bytes.end() - 64, bytes.end()), Bytes(64, 0));
}

TEST(SystemRng, IdsOfManyThreadsDiffer) {
  SystemRng rng;
  constexpr size_t kThreads = 4;
  constexpr size_t kIds = 500;
  std::vector<std::vector<uint64_t>> ids(kThreads);
  std::vector<std::thread> threads;
  for (std::vector<uint64_t>& mine : ids) {
    threads.emplace_back([&rng, &mine] {
      for (size_t i = 0; i < kIds; ++i) {
        mine.push_back(rng.RandomId());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::set<uint64_t> all;
  for (const std::vector<uint64_t>& mine : ids) {
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), kThreads * kIds);
  EXPECT_LT(*all.rbegin(), kTwoTo63);
}

TEST(FakeRng, RepeatsItselfPerSeed) {
  EXPECT_EQ(FakeRng(7).RandomId(), FakeRng(7).RandomId());
  EXPECT_NE(FakeRng(7).RandomId(), FakeRng(8).RandomId());
}

}  // namespace
}  // namespace pawl
