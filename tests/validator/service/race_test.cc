// Many threads, few codes: none is ever accepted twice (I2).
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "db/open.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::Reason;
using testing::TempDir;
using testing::TestService;
using testing::TestYubiKey;

constexpr int kThreads = 8;

// Presents one credential from every thread at once; how many were accepted.
int PresentAtOnce(TestService& service, const std::string& credential) {
  std::atomic<int> accepted = 0;
  std::atomic<int> waiting = kThreads;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      --waiting;
      while (waiting > 0) {
        std::this_thread::yield();
      }
      const StatusOr<Outcome> outcome = service.Login("kim", credential);
      if (outcome.ok() && outcome->reason == Reason::kGoodCode) {
        ++accepted;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return accepted;
}

void RaceYubiKey(TestService& service, int codes) {
  TestYubiKey key;
  service.AddToken(key.Spec(), service.AddAccount("kim", "1234"));
  for (int i = 0; i < codes; ++i) {
    ASSERT_EQ(PresentAtOnce(service, "1234" + key.Press()), 1) << i;
  }
}

TEST(Race, NoCodeIsAcceptedTwiceInMemory) {
  TestService service;
  RaceYubiKey(service, 500);
}

TEST(Race, NoCodeIsAcceptedTwiceOnSqlite) {
  const TempDir dir;
  const std::unique_ptr<db::Store> store =
      db::OpenStore("sqlite:" + (dir.path() / "pawl.db").string()).value();
  TestService service(store.get(), {});
  RaceYubiKey(service, 300);
}

TEST(Race, NoHotpCodeIsAcceptedTwice) {
  TestService service;
  service.AddToken(TestService::HotpSpec(), service.AddAccount("kim", "1234"));
  for (uint64_t counter = 0; counter < 300; ++counter) {
    ASSERT_EQ(PresentAtOnce(service, "1234" + TestService::Hotp(counter)), 1)
        << counter;
  }
}

// Two services with their own caches and marks on one file, as two processes
// would be: still one winner.
TEST(Race, TwoStoresOnOneFileAcceptOnce) {
  const TempDir dir;
  const std::string url = "sqlite:" + (dir.path() / "pawl.db").string();
  const std::unique_ptr<db::Store> first = db::OpenStore(url).value();
  const std::unique_ptr<db::Store> second = db::OpenStore(url).value();
  TestService one(first.get(), {});
  TestYubiKey key;
  one.AddToken(key.Spec(), one.AddAccount("kim", ""));
  Prover prover(one.sealer, one.hash, one.rng);
  Validator two(*second, prover, one.hash, one.catalogue, one.clock, one.rng,
                {.passwords = {.parameters = testing::kCheapHash}});
  for (int i = 0; i < 100; ++i) {
    const std::string code = key.Press();
    std::atomic<int> accepted = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Validator& validator = t % 2 == 0 ? one.validator : two;
        const StatusOr<Outcome> outcome = TestService::Wait([&](Done done) {
          validator.CheckLogin(
              {.account = "kim", .service = "webmail", .credential = code},
              {.who = LocalCaller()}, std::move(done));
        });
        accepted += outcome.ok() && outcome->reason == Reason::kGoodCode;
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    ASSERT_EQ(accepted, 1) << i;
  }
}

// One attempt_id from many threads: one code used, one verdict for all.
TEST(Race, OneAttemptFromManyThreadsGetsOneVerdict) {
  TestService service;
  TestYubiKey key;
  service.AddToken(key.Spec(), service.AddAccount("kim", ""));
  for (int i = 0; i < 100; ++i) {
    const std::string code = key.Press();
    const std::string attempt = "attempt-number-" + std::to_string(1000 + i);
    std::atomic<int> accepted = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        const StatusOr<Outcome> outcome = service.Login("kim", code, attempt);
        accepted += outcome.ok() && outcome->reason == Reason::kGoodCode;
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    ASSERT_EQ(accepted, kThreads) << i;
    ASSERT_EQ(service.LoginReason("kim", code), Reason::kReplayed);
  }
}

}  // namespace
}  // namespace pawl::validator
