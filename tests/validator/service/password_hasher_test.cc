#include "validator/service/password_hasher.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/fake_rng.h"
#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using testing::FakeRng;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::StartsWith;
using testing::StatusIs;
using Options = PasswordHasher::Options;
using Verified = PasswordHasher::Verified;

constexpr Argon2Parameters kSmall{.memory_kib = 64, .passes = 1, .lanes = 1};
constexpr Options kOptions{
    .threads = 2, .max_waiting = 64, .parameters = kSmall};

// printf %s 'correct horse' | argon2 ssssssssssssssss -id -k 64 -t 1 -l 32 -e
constexpr std::string_view kMade =
    "$argon2id$v=19$m=64,t=1,p=1$c3Nzc3Nzc3Nzc3Nzc3Nzcw"
    "$bJxG/Ge7ntnZcofmr1Whx90Up61Aoc9HAjtfOD+00tM";
constexpr std::string_view kMadeOf = "correct horse";

// Salts with this are the ones that `argon2` was given.
class SaltRng final : public Rng {
 public:
  void Fill(std::span<uint8_t> out) override {
    std::fill(out.begin(), out.end(), uint8_t{'s'});
  }
};

StatusOr<std::string> Hash(PasswordHasher& hasher, std::string_view password) {
  const auto result = std::make_shared<std::promise<StatusOr<std::string>>>();
  hasher.Hash(SecretBytes(password),
              [result](StatusOr<std::string> phc) { result->set_value(phc); });
  return result->get_future().get();
}

StatusOr<Verified> Verify(PasswordHasher& hasher, std::string_view phc,
                          std::string_view password) {
  const auto result = std::make_shared<std::promise<StatusOr<Verified>>>();
  hasher.Verify(phc, SecretBytes(password), [result](StatusOr<Verified> done) {
    result->set_value(std::move(done));
  });
  return result->get_future().get();
}

bool IsRight(PasswordHasher& hasher, std::string_view phc,
             std::string_view password) {
  const StatusOr<Verified> verified = Verify(hasher, phc, password);
  EXPECT_THAT(verified, IsOk());
  return verified.ok() && verified->right;
}

// Holds a hasher's only thread inside a `done`.
class Gate {
 public:
  void Hold(PasswordHasher& hasher) {
    hasher.Hash(SecretBytes("x"), [this](const StatusOr<std::string>&) {
      reached_.count_down();
      open_.wait();
    });
    reached_.wait();
  }
  void Open() { open_.count_down(); }

 private:
  std::latch reached_{1};
  std::latch open_{1};
};

TEST(PasswordHasher, HashesAsTheProgramArgon2Does) {
  SaltRng rng;
  PasswordHasher hasher(kOptions, rng);
  EXPECT_EQ(*Hash(hasher, kMadeOf), kMade);
  EXPECT_TRUE(IsRight(hasher, kMade, kMadeOf));
  EXPECT_FALSE(IsRight(hasher, kMade, "correct horsf"));
}

TEST(PasswordHasher, OnlyTheSamePasswordIsRight) {
  FakeRng rng;
  PasswordHasher hasher(kOptions, rng);
  const std::string passwords[] = {
      "",
      "p",
      "password",
      "Password",
      "password ",
      std::string("password\0", 9),
      std::string("password\0x", 10),
      std::string("\0password", 9),
      std::string(1, '\0'),
      "pässwörd",
      "\xff\xfe",
      std::string(1'000'000, 'x'),
      std::string(999'999, 'x') + 'y',
  };
  for (const std::string& password : passwords) {
    const StatusOr<std::string> phc = Hash(hasher, password);
    ASSERT_THAT(phc, IsOk());
    for (const std::string& other : passwords) {
      EXPECT_EQ(IsRight(hasher, *phc, other), other == password);
    }
  }
}

TEST(PasswordHasher, TheSamePasswordTwiceIsTwoHashes) {
  FakeRng rng;
  PasswordHasher hasher(kOptions, rng);
  EXPECT_NE(*Hash(hasher, "password"), *Hash(hasher, "password"));
}

TEST(PasswordHasher, TheDefaultsAreNineteenMebibytesAndTwoPasses) {
  FakeRng rng;
  PasswordHasher hasher({}, rng);
  const StatusOr<std::string> phc = Hash(hasher, "password");
  ASSERT_THAT(phc, IsOk());
  EXPECT_THAT(*phc, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_TRUE(IsRight(hasher, *phc, "password"));
}

TEST(PasswordHasher, AWeakerHashIsMadeBetterWhenThePasswordIsRight) {
  FakeRng rng;
  Options options = kOptions;
  options.parameters = {.memory_kib = 128, .passes = 2, .lanes = 1};
  PasswordHasher hasher(options, rng);
  const StatusOr<Verified> right = Verify(hasher, kMade, kMadeOf);
  ASSERT_THAT(right, IsOk());
  EXPECT_TRUE(right->right);
  EXPECT_THAT(right->better_phc, StartsWith("$argon2id$v=19$m=128,t=2,p=1$"));

  const StatusOr<Verified> again = Verify(hasher, right->better_phc, kMadeOf);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->right);
  EXPECT_THAT(again->better_phc, IsEmpty());
  EXPECT_FALSE(IsRight(hasher, right->better_phc, "wrong"));
}

TEST(PasswordHasher, NothingBetterIsMadeOfAWrongPasswordOrAnEqualHash) {
  FakeRng rng;
  Options options = kOptions;
  options.parameters.passes = 2;
  PasswordHasher stronger(options, rng);
  EXPECT_THAT(Verify(stronger, kMade, "wrong")->better_phc, IsEmpty());
  PasswordHasher equal(kOptions, rng);
  EXPECT_THAT(Verify(equal, kMade, kMadeOf)->better_phc, IsEmpty());
  options.parameters = {.memory_kib = 32, .passes = 1, .lanes = 1};
  PasswordHasher cheaper(options, rng);
  EXPECT_THAT(Verify(cheaper, kMade, kMadeOf)->better_phc, IsEmpty());
}

TEST(PasswordHasher, AHashThatIsNoneIsDataLossEvenWhenTheQueueIsFull) {
  FakeRng rng;
  Gate gate;
  PasswordHasher hasher({.threads = 1, .max_waiting = 1, .parameters = kSmall},
                        rng);
  gate.Hold(hasher);
  hasher.Hash(SecretBytes("x"), [](const StatusOr<std::string>&) {});
  for (const std::string phc :
       {"",
        "$argon2id$v=19$m=4194304,t=1,p=1$c3Nzc3Nzc3Nzc3Nzc3Nzcw"
        "$bJxG/Ge7ntnZcofmr1Whx90Up61Aoc9HAjtfOD+00tM"}) {
    EXPECT_THAT(Verify(hasher, phc, "password"),
                StatusIs(StatusCode::kDataLoss));
  }
  gate.Open();
}

TEST(PasswordHasher, BeyondTheQueueItRefusesAtOnceAndTakesWorkAgainLater) {
  FakeRng rng;
  Gate gate;
  PasswordHasher hasher({.threads = 1, .max_waiting = 2, .parameters = kSmall},
                        rng);
  gate.Hold(hasher);
  std::latch both(2);
  std::atomic<int> right = 0;
  for (int i = 0; i < 2; ++i) {
    hasher.Verify(kMade, SecretBytes(kMadeOf), [&](StatusOr<Verified> result) {
      right += result.ok() && result->right ? 1 : 0;
      both.count_down();
    });
  }
  // The thread is held: who answers now is the caller.
  EXPECT_THAT(Verify(hasher, kMade, kMadeOf),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("try again")));
  EXPECT_THAT(Hash(hasher, "password"),
              StatusIs(StatusCode::kResourceExhausted));
  EXPECT_EQ(right, 0);
  gate.Open();
  both.wait();
  EXPECT_EQ(right, 2);
  EXPECT_TRUE(IsRight(hasher, kMade, kMadeOf));
}

TEST(PasswordHasher, TheMoreWaitsTheLaterToTryAgain) {
  FakeRng rng;
  Gate gate;
  PasswordHasher hasher(
      {.threads = 1,
       .max_waiting = 500,
       .parameters = {.memory_kib = 1024, .passes = 2, .lanes = 1}},
      rng);
  EXPECT_EQ(hasher.RetryAfter(), Millis(100));
  gate.Hold(hasher);
  const Millis idle = hasher.RetryAfter();
  for (int i = 0; i < 500; ++i) {
    hasher.Hash(SecretBytes("x"), [](const StatusOr<std::string>&) {});
  }
  EXPECT_GT(hasher.RetryAfter(), idle);
  gate.Open();
}

TEST(PasswordHasher, TheDestructorFinishesWhatWaits) {
  FakeRng rng;
  Gate gate;
  int right = 0;
  int hashed = 0;
  {
    PasswordHasher hasher(
        {.threads = 1, .max_waiting = 64, .parameters = kSmall}, rng);
    gate.Hold(hasher);
    for (int i = 0; i < 20; ++i) {
      hasher.Verify(kMade, SecretBytes(kMadeOf),
                    [&](StatusOr<Verified> result) {
                      right += result.ok() && result->right ? 1 : 0;
                    });
      hasher.Hash(SecretBytes("x"), [&](const StatusOr<std::string>& phc) {
        hashed += phc.ok() ? 1 : 0;
      });
    }
    EXPECT_EQ(right + hashed, 0);
    gate.Open();
  }
  EXPECT_EQ(right, 20);
  EXPECT_EQ(hashed, 20);
}

TEST(PasswordHasher, DoneMayAskForMoreAlsoWhileItIsDestroyed) {
  FakeRng rng;
  Gate gate;
  bool answered = false;
  {
    PasswordHasher hasher(
        {.threads = 1, .max_waiting = 1, .parameters = kSmall}, rng);
    gate.Hold(hasher);
    hasher.Hash(SecretBytes("new"), [&](const StatusOr<std::string>& phc) {
      hasher.Verify(*phc, SecretBytes("new"), [&](StatusOr<Verified> result) {
        // Either was first.
        answered = result.ok()
                       ? result->right
                       : result.status().code() == StatusCode::kUnavailable;
      });
    });
    gate.Open();
  }
  EXPECT_TRUE(answered);
}

TEST(PasswordHasher, FinishesWhatWaitsAndTakesNothingMoreOnceStopped) {
  FakeRng rng;
  Gate gate;
  PasswordHasher hasher({.threads = 1, .max_waiting = 4, .parameters = kSmall},
                        rng);
  bool hashed = false;
  gate.Hold(hasher);
  hasher.Hash(SecretBytes("waits"),
              [&](const StatusOr<std::string>& phc) { hashed = phc.ok(); });
  gate.Open();
  hasher.Stop();
  EXPECT_TRUE(hashed);
  Status late;
  hasher.Hash(SecretBytes("late"),
              [&](const StatusOr<std::string>& phc) { late = phc.status(); });
  EXPECT_EQ(late.code(), StatusCode::kUnavailable);
  hasher.Stop();  // again is no harm
}

struct Answers {
  std::atomic<size_t> hashed = 0;
  std::atomic<size_t> refused = 0;
};

// Asks 200 times from four threads at once.
void AskFromManyThreads(size_t max_waiting, Answers& counts) {
  constexpr size_t kThreads = 4;
  constexpr size_t kEach = 50;
  FakeRng rng;
  std::vector<std::atomic<int>> answers(kThreads * kEach);
  {
    PasswordHasher hasher(
        {.threads = 3, .max_waiting = max_waiting, .parameters = kSmall}, rng);
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (size_t i = t * kEach; i < (t + 1) * kEach; ++i) {
          const bool fits = i % 2 == 0;
          hasher.Verify(
              kMade, SecretBytes(fits ? kMadeOf : "wrong"),
              [&, i, fits](const StatusOr<Verified>& result) {
                ++answers[i];
                ++(result.ok() ? counts.hashed : counts.refused);
                if (result.ok()) {
                  EXPECT_EQ(result->right, fits);
                } else {
                  EXPECT_THAT(result, StatusIs(StatusCode::kResourceExhausted));
                }
              });
          EXPECT_GE(hasher.RetryAfter(), Millis(100));
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  for (const std::atomic<int>& times : answers) {
    EXPECT_EQ(times, 1);
  }
}

TEST(PasswordHasher, EveryoneOfManyThreadsIsAnsweredOnce) {
  Answers all_fit;
  AskFromManyThreads(200, all_fit);
  EXPECT_EQ(all_fit.hashed, 200U);
  Answers few_fit;
  AskFromManyThreads(1, few_fit);
  EXPECT_GE(few_fit.hashed, 1U);
  EXPECT_EQ(few_fit.hashed + few_fit.refused, 200U);
}

TEST(PasswordHasher, TheDecoyCostsTheSameAndIsNobodys) {
  FakeRng rng;
  PasswordHasher hasher(kOptions, rng);
  const StatusOr<PasswordHash> decoy = ParsePhc(hasher.decoy_phc());
  ASSERT_THAT(decoy, IsOk());
  EXPECT_EQ(decoy->parameters.memory_kib, kSmall.memory_kib);
  EXPECT_EQ(decoy->parameters.passes, kSmall.passes);
  EXPECT_EQ(decoy->parameters.lanes, kSmall.lanes);
  EXPECT_EQ(decoy->salt.size(), kSaltSize);
  EXPECT_EQ(decoy->hash.size(), kHashSize);
  EXPECT_FALSE(IsRight(hasher, hasher.decoy_phc(), ""));
  EXPECT_FALSE(IsRight(hasher, hasher.decoy_phc(), "password"));
  EXPECT_NE(PasswordHasher(kOptions, rng).decoy_phc(), hasher.decoy_phc());
}

TEST(PasswordHasherDeathTest, OptionsThatAreNotAllowedAreABug) {
  FakeRng rng;
  EXPECT_DEATH(PasswordHasher({.threads = 0}, rng), "check_failed");
  EXPECT_DEATH(PasswordHasher({.max_waiting = 0}, rng), "check_failed");
  EXPECT_DEATH(PasswordHasher({.parameters = {.memory_kib = 7}}, rng),
               "check_failed");
}

// Sanitizers reserve more memory than any limit leaves, and die without it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// While it lives, the process cannot get as much as a gibibyte.
class LittleMemory {
 public:
  LittleMemory() {
    EXPECT_EQ(getrlimit(RLIMIT_AS, &before_), 0);
    rlimit less = before_;
    less.rlim_cur = size_t{1} << 30U;
    EXPECT_EQ(setrlimit(RLIMIT_AS, &less), 0);
  }
  ~LittleMemory() { EXPECT_EQ(setrlimit(RLIMIT_AS, &before_), 0); }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;

 private:
  rlimit before_{};
};

TEST(PasswordHasher, WithoutMemoryNobodyKnows) {
  FakeRng rng;
  PasswordHasher hasher(
      {.threads = 1,
       .max_waiting = 1,
       .parameters = {.memory_kib = 1024 * 1024, .passes = 1, .lanes = 1}},
      rng);
  const LittleMemory little;
  EXPECT_THAT(Hash(hasher, "password"), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Verify(hasher, hasher.decoy_phc(), "password"),
              StatusIs(StatusCode::kUnavailable));
  // What was cheap to find out stands, though nothing better can be made.
  const StatusOr<Verified> right = Verify(hasher, kMade, kMadeOf);
  ASSERT_THAT(right, IsOk());
  EXPECT_TRUE(right->right);
  EXPECT_THAT(right->better_phc, IsEmpty());
}

#endif

TEST(WaitEstimate, FollowsTheQueueAndTheLastDurations) {
  WaitEstimate estimate;
  EXPECT_EQ(estimate.For(1000, 1), Millis(100));  // nothing is known
  estimate.Add(Millis(80));
  EXPECT_EQ(estimate.For(0, 1), Millis(100));
  EXPECT_EQ(estimate.For(1, 1), Millis(160));
  EXPECT_EQ(estimate.For(64, 2), Millis(2640));
  EXPECT_EQ(estimate.For(1, 2), Millis(120));
  estimate.Add(Millis(160));  // 80 + 80/8
  EXPECT_EQ(estimate.For(9, 1), Millis(900));
  for (int i = 0; i < 100; ++i) {
    estimate.Add(Millis(40));
  }
  EXPECT_NEAR(static_cast<double>(estimate.For(99, 1).count()), 4000, 2);
  EXPECT_EQ(WaitEstimate().For(0, 1), WaitEstimate::kLeast);
}

}  // namespace
}  // namespace pawl::validator
