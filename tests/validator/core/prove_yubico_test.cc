// What a YubiKey's counters and clock tell (validator/core/prove.h): a cloned
// secret, and an OTP that was held back.
#include <gtest/gtest.h>

#include "validator/core/prove.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::validator {
namespace {

using db::Hint;
using db::TokenRecord;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'123);
constexpr uint32_t kTicks = 1U << 24U;
constexpr int64_t kTickMillis = 125;
// Where our own clock stands on that circle at kNow.
constexpr auto kOurs =
    static_cast<uint32_t>(ToUnixMillis(kNow) / kTickMillis % kTicks);

// A YubiKey that is powered up at kNow, with its row as the server keeps it.
class Key {
 public:
  // `ticks` is what its clock shows at kNow; of a thousand ticks that pass it
  // counts `per_mille`.
  explicit Key(uint32_t ticks = 5000, int64_t per_mille = 1000)
      : ticks_(ticks), per_mille_(per_mille) {
    token_.kind = db::TokenKind::kYubico;
  }

  // The proof of an OTP that is made `made` after kNow and comes `late` later.
  [[nodiscard]] Proof Show(uint16_t use_counter, uint8_t session_use,
                           Millis made = Millis{0},
                           Millis late = Millis{0}) const {
    const int64_t passed = made.count() / kTickMillis * per_mille_ / 1000;
    const yubico::OtpBlock block{
        .private_id = {1, 2, 3, 4, 5, 6},
        .use_counter = use_counter,
        .timestamp = static_cast<uint32_t>((ticks_ + passed) % kTicks),
        .session_use = session_use};
    const std::array<uint8_t, yubico::kAesKeySize> aes_key{7, 7, 7};
    std::vector<uint8_t> secret(block.private_id.begin(),
                                block.private_id.end());
    secret.insert(secret.end(), aes_key.begin(), aes_key.end());
    const Reading reading{
        .code = yubico::ModhexEncode(yubico::Seal(block, aes_key))};
    const std::optional<Proof> proof =
        Prove(token_, secret, reading, kNow + made + late);
    EXPECT_TRUE(proof.has_value());
    return proof.value_or(Proof{});
  }

  // An accepted login, with an OTP that came at once.
  void LogIn(uint16_t use_counter, uint8_t session_use,
             Millis made = Millis{0}) {
    const Proof proof = Show(use_counter, session_use, made);
    ASSERT_TRUE(proof.fresh.has_value());
    token_.position = proof.fresh;
    token_.drift = proof.drift;
    token_.last_used = kNow + made;
  }

  TokenRecord& token() { return token_; }

 private:
  uint32_t ticks_;
  int64_t per_mille_;
  TokenRecord token_;
};

bool IsDelayed(const Proof& proof) {
  EXPECT_TRUE(proof.fresh.has_value());
  return Has(proof.hints, Hint::kDelayed);
}

TEST(YubicoClone, ALowerCounterIsSuspectedTheSameCodeIsNot) {
  Key key;
  key.LogIn(5, 3);
  const Proof again = key.Show(5, 3);
  EXPECT_TRUE(again.stale);
  EXPECT_FALSE(Has(again.hints, Hint::kCloneSuspected));
  const std::pair<uint16_t, uint8_t> lower[] = {{5, 2}, {5, 0}, {4, 255},
                                                {4, 3}, {1, 0}, {0, 0}};
  for (const auto& [use_counter, session_use] : lower) {
    const Proof proof = key.Show(use_counter, session_use);
    EXPECT_TRUE(proof.stale);
    EXPECT_FALSE(proof.fresh.has_value());
    EXPECT_TRUE(Has(proof.hints, Hint::kCloneSuspected))
        << use_counter << "." << int{session_use};
    EXPECT_FALSE(Has(proof.hints, Hint::kDelayed));
  }
  const std::pair<uint16_t, uint8_t> higher[] = {{5, 4}, {6, 0}, {0x7fff, 255}};
  for (const auto& [use_counter, session_use] : higher) {
    const Proof proof = key.Show(use_counter, session_use);
    EXPECT_TRUE(proof.fresh.has_value());
    EXPECT_FALSE(Has(proof.hints, Hint::kCloneSuspected));
  }
}

TEST(YubicoClone, ANewTokenHasNothingToCompareWith) {
  const Proof proof = Key().Show(0, 0);
  EXPECT_EQ(proof.fresh, 0U);
  EXPECT_EQ(proof.hints, 0U);
}

TEST(YubicoJump, MoreThanTenPowerUpsInBetween) {
  Key key;
  key.LogIn(5, 3);
  EXPECT_FALSE(Has(key.Show(15, 3).hints, Hint::kCounterJump));
  EXPECT_TRUE(Has(key.Show(15, 4).hints, Hint::kCounterJump));
}

TEST(YubicoDelay, AnOtpThatComesAtOnceIsNotLate) {
  Key key;
  key.LogIn(5, 0);
  for (const Millis made :
       {Millis(1), Millis(124), Millis(seconds(1)), Millis(minutes(1)),
        Millis(hours(1)), Millis(hours(24)), Millis(hours(24 * 20)),
        Millis(hours(24 * 60))}) {
    EXPECT_FALSE(IsDelayed(key.Show(5, 1, made))) << made.count();
  }
}

TEST(YubicoDelay, AMinuteIsTolerated) {
  Key key;
  key.LogIn(5, 0);
  struct Case {
    Millis late{0};
    bool delayed = false;
  };
  // A minute, and a twentieth of the time since the last login.
  const Case cases[] = {{seconds(30), false},  {seconds(60), false},
                        {seconds(63), false},  {seconds(64), true},
                        {minutes(5), true},    {hours(5), true},
                        {hours(24 * 10), true}};
  for (const Case& one : cases) {
    EXPECT_EQ(IsDelayed(key.Show(5, 1, Millis{0}, one.late)), one.delayed)
        << one.late.count();
  }
  EXPECT_TRUE(IsDelayed(key.Show(5, 1, seconds(10), minutes(5))));
}

// Wherever on the circle of 24 bits the key's clock stands, and ours.
TEST(YubicoDelay, TheKeysClockMayWrap) {
  for (const uint32_t ticks :
       {0U, 1U, 40U, kTicks / 2 - 1, kTicks / 2, kTicks - 4000, kTicks - 41,
        kTicks - 1, kOurs - 1, kOurs, kOurs + 1}) {
    Key key(ticks);
    key.LogIn(5, 0);
    EXPECT_GE(key.token().drift, 0);
    EXPECT_LT(key.token().drift, int64_t{kTicks});
    for (const Millis made : {Millis(seconds(10)), Millis(minutes(10)),
                              Millis(hours(24 * 12)), Millis(hours(24 * 25))}) {
      const Millis tolerated = seconds(60) + made / 19;
      EXPECT_FALSE(IsDelayed(key.Show(5, 1, made)));
      EXPECT_FALSE(IsDelayed(key.Show(5, 1, made, tolerated - seconds(1))));
      EXPECT_TRUE(IsDelayed(key.Show(5, 1, made, tolerated + seconds(5))));
    }
  }
}

TEST(YubicoDelay, TheKeysClockMayBeOffByATwentieth) {
  struct Case {
    int64_t per_mille = 0;
    bool delayed = false;
  };
  const Case cases[] = {{1100, false}, {1050, false}, {1000, false},
                        {960, false},  {951, false},  {945, true},
                        {900, true}};
  for (const Case& one : cases) {
    Key key(5000, one.per_mille);
    key.LogIn(5, 0);
    EXPECT_EQ(IsDelayed(key.Show(5, 1, hours(10))), one.delayed)
        << one.per_mille;
  }
}

TEST(YubicoDelay, EachLoginMeasuresTheClockAnew) {
  // A tenth slow: each login in time, and the next is judged from there.
  Key key(5000, 900);
  key.LogIn(5, 0);
  for (uint8_t use = 1; use < 100; ++use) {
    const Millis made = minutes(10) * use;
    EXPECT_FALSE(IsDelayed(key.Show(5, use, made))) << int{use};
    key.LogIn(5, use, made);
  }
  EXPECT_TRUE(IsDelayed(key.Show(5, 100, minutes(10) * 99, minutes(5))));
}

TEST(YubicoDelay, AnotherPowerUpBeginsAnotherClock) {
  Key key;
  key.LogIn(5, 200);
  EXPECT_TRUE(IsDelayed(key.Show(5, 201, Millis{0}, minutes(5))));
  EXPECT_FALSE(IsDelayed(key.Show(6, 0, Millis{0}, minutes(5))));
  EXPECT_FALSE(IsDelayed(key.Show(6, 201, Millis{0}, minutes(5))));
}

TEST(YubicoDelay, TheFirstLoginSaysNothing) {
  Key key;
  EXPECT_FALSE(IsDelayed(key.Show(5, 0, Millis{0}, minutes(5))));
  // A position of which nobody knows when it was reached.
  key.LogIn(5, 0);
  key.token().last_used.reset();
  EXPECT_FALSE(IsDelayed(key.Show(5, 1, Millis{0}, minutes(5))));
}

TEST(YubicoDelay, AServersClockThatWasSetBackDelaysNothing) {
  Key key;
  key.LogIn(5, 0);
  // Ten seconds pass, and by our clock an hour less.
  EXPECT_FALSE(IsDelayed(key.Show(5, 1, seconds(10), -hours(1))));
}

TEST(YubicoDelay, AStaleOtpMeasuresNothing) {
  Key key;
  key.LogIn(5, 1);
  for (const uint8_t use : {uint8_t{0}, uint8_t{1}}) {
    const Proof proof = key.Show(5, use, Millis{0}, minutes(5));
    EXPECT_TRUE(proof.stale);
    EXPECT_EQ(proof.drift, 0);
    EXPECT_FALSE(Has(proof.hints, Hint::kDelayed));
  }
}

}  // namespace
}  // namespace pawl::validator
