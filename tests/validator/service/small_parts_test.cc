// keyed_hash, page_token, fields, high_water, readiness: the small parts.
#include <condition_variable>
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"
#include "validator/service/caller.h"
#include "validator/service/fields.h"
#include "validator/service/high_water.h"
#include "validator/service/page_token.h"
#include "validator/service/readiness.h"

namespace pawl::validator {
namespace {

using testing::FakeRng;
using testing::IsOk;
using testing::StatusIs;
using testing::TestService;

TEST(KeyedHash, EveryPurposeAndPartMakesAnotherHash) {
  const KeyedHash hash(SecretBytes(std::string(32, 'p')));
  const std::set<std::string> hashes = {
      hash.Pin({5}, "1234"),
      hash.Pin({6}, "1234"),
      hash.Pin({5}, "12345"),
      hash.ClientKey({5}, "1234"),
      hash.AttemptKey("acc", "1234"),
      hash.AttemptKey("acc1", "234"),
      hash.AttemptBinding({"acc", "1234"}),
      hash.AttemptBinding({"acc1", "234"}),
      hash.Fingerprint("acc", "1234"),
      hash.PageMac("acc", "1234"),
  };
  EXPECT_EQ(hashes.size(), 10U);
}

TEST(KeyedHash, ThePepperSurvivesARestartAndNeedsItsMasterKey) {
  db::MemoryStore store;
  FakeRng rng;
  const db::Sealer sealer =
      *db::Sealer::Create(rng.Secret(db::Sealer::kMasterKeySize), rng);
  const KeyedHash first = *KeyedHash::FromStore(store, sealer, rng);
  const KeyedHash second = *KeyedHash::FromStore(store, sealer, rng);
  EXPECT_EQ(first.Pin({5}, "1234"), second.Pin({5}, "1234"));
  const db::Sealer other =
      *db::Sealer::Create(rng.Secret(db::Sealer::kMasterKeySize), rng);
  EXPECT_THAT(KeyedHash::FromStore(store, other, rng),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(BearerIn, TakesTheKeyBehindItsSchemeOnly) {
  EXPECT_EQ(BearerIn("Bearer k"), "k");
  EXPECT_EQ(BearerIn("bEARER pawl_1 "), "pawl_1 ");
  EXPECT_EQ(BearerIn("Bearer "), "");
  EXPECT_EQ(BearerIn("Bearerk"), std::nullopt);
  EXPECT_EQ(BearerIn("Basic k"), std::nullopt);
  EXPECT_EQ(BearerIn(""), std::nullopt);
}

TEST(PageToken, ComesBackForItsListOnly) {
  const KeyedHash hash(SecretBytes(std::string(32, 'p')));
  const std::string token = MakePageToken(hash, "accounts", "kim");
  EXPECT_EQ(*ReadPageToken(hash, "accounts", token), "kim");
  EXPECT_EQ(*ReadPageToken(hash, "accounts", ""), "");
  for (const std::string& bad :
       {token.substr(2), token + "00", std::string("zz"), std::string("00"),
        token.substr(0, 32)}) {
    EXPECT_EQ(FieldOf(ReadPageToken(hash, "accounts", bad).status()),
              "page_token");
  }
  EXPECT_EQ(FieldOf(ReadPageToken(hash, "tokens", token).status()),
            "page_token");
}

TEST(PageToken, SizesAreBounded) {
  EXPECT_EQ(*PageSize(0), kDefaultPageSize);
  EXPECT_EQ(*PageSize(7), 7U);
  EXPECT_EQ(*PageSize(1'000'000), kMaxPageSize);
  EXPECT_LT(kMaxPageSize, db::Store::kMaxPage);  // one more tells of a next
  EXPECT_EQ(FieldOf(PageSize(-1).status()), "page_size");
}

TEST(Fields, AreCheckedForLengthAndContent) {
  EXPECT_THAT(CheckAscii("f", "ab c", 1, 4), IsOk());
  EXPECT_EQ(FieldOf(CheckAscii("f", "ab\n", 1, 4)), "f");
  EXPECT_EQ(FieldOf(CheckAscii("f", "ä", 1, 4)), "f");
  EXPECT_EQ(FieldOf(CheckAscii("f", "abcde", 1, 4)), "f");
  EXPECT_THAT(CheckText("f", "ä", 1, 4), IsOk());
  EXPECT_EQ(FieldOf(CheckText("f", "\xff", 1, 4)), "f");
  EXPECT_THAT(CheckAttemptId(""), IsOk());
  EXPECT_THAT(CheckAttemptId("0123456789abcdef"), IsOk());
  EXPECT_EQ(FieldOf(CheckAttemptId("0123456789abcde")), "attempt_id");
}

TEST(HighWater, TellsARecordBelowItsMark) {
  HighWater marks;
  db::TokenRecord token;
  token.id = {17};
  EXPECT_FALSE(marks.IsBehind(token.id, token.position));
  marks.Raise(token.id, 5);
  marks.Raise(token.id, 3);
  EXPECT_TRUE(marks.IsBehind(token.id, token.position));
  token.position = 4;
  EXPECT_TRUE(marks.IsBehind(token.id, token.position));
  token.position = 5;
  EXPECT_FALSE(marks.IsBehind(token.id, token.position));
  token.id = {18};
  token.position = 0;
  EXPECT_FALSE(marks.IsBehind(token.id, token.position));
}

TEST(Readiness, FollowsTheWritePath) {
  db::MemoryStore memory;
  testing::FaultyStore faulty(memory);
  testing::FakeClock clock;
  Readiness readiness(faulty, clock);
  EXPECT_FALSE(readiness.Last().ok());
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<bool> seen;
  readiness.Start(Millis(1), [&](bool ready) {
    const std::lock_guard<std::mutex> lock(mutex);
    seen.push_back(ready);
    changed.notify_all();
  });
  EXPECT_TRUE(readiness.Last().ok());
  faulty.FailTends(1);
  std::unique_lock<std::mutex> lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30),
                               [&] { return seen.size() >= 3; }));
  EXPECT_EQ(seen, (std::vector<bool>{true, false, true}));
}

}  // namespace
}  // namespace pawl::validator
