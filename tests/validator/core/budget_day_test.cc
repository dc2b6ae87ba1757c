// How much can be guessed: the arithmetic of docs/throttling.md, by simulation.
// The figures there are those asserted here.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/budget_table.h"
#include "validator/core/budget.h"

namespace pawl::validator {
namespace {

using db::Cause;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::BudgetTable;

constexpr UnixTime kStart = FromUnixMillis(1'700'000'000'000);
constexpr std::string_view kHome = "192.0.2.10";
constexpr std::string_view kHotel = "203.0.113.10";
constexpr Millis kDay = hours(24);

GateState GateAt(BudgetTable& table, std::string_view source, UnixTime now) {
  const std::vector<Budget> budgets = table.Read(Cause::kWrongPin, source, now);
  return GateOf({}, budgets, IsUsual(budgets, now), now);
}

// One guess; false: it was not looked at.
bool Guess(BudgetTable& table, std::string_view source, UnixTime now) {
  if (GateAt(table, source, now).gate != Gate::kOpen) {
    return false;
  }
  const std::vector<Budget> budgets = table.Read(Cause::kWrongPin, source, now);
  table.Write(
      CountFailure({}, budgets, Cause::kWrongPin, IsUsual(budgets, now), now));
  return true;
}

std::string PlaceOfBot(int number) {
  return "198.18." + std::to_string(number / 250) + "." +
         std::to_string(number % 250);
}

// Guesses that were looked at on each day, of an attacker who tries every
// second, from one of `places` after the other. `each_hour` happens meanwhile.
std::vector<int> Hammer(BudgetTable& table,
                        const std::vector<std::string>& places, int days,
                        const std::function<void(UnixTime)>& each_hour) {
  std::vector<int> looked_at;
  UnixTime now = kStart;
  size_t next = 0;
  for (int day = 0; day < days; ++day) {
    int count = 0;
    for (int second = 0; second < 24 * 60 * 60; ++second) {
      if (second % 3600 == 0) {
        each_hour(now);
      }
      count += Guess(table, places[next], now) ? 1 : 0;
      next = (next + 1) % places.size();
      now += seconds(1);
    }
    looked_at.push_back(count);
  }
  return looked_at;
}

std::vector<std::string> Botnet() {
  std::vector<std::string> places;
  for (int i = 0; i < 1000; ++i) {
    places.push_back(PlaceOfBot(i));
  }
  return places;
}

TEST(ADay, AThousandPlacesGuessNoMoreThanTheRowOfElsewhereLetsThem) {
  BudgetTable table;
  table.MakeUsual(kHome, kStart - hours(1));
  int home_open = 0;
  int hotel_open = 0;
  const std::vector<int> looked_at =
      Hammer(table, Botnet(), 3, [&](UnixTime now) {
        home_open += GateAt(table, kHome, now).gate == Gate::kOpen ? 1 : 0;
        hotel_open += GateAt(table, kHotel, now).gate == Gate::kOpen ? 1 : 0;
      });
  EXPECT_EQ(looked_at, (std::vector<int>{54, 24, 24}));
  // The person at home is never stopped; a first login from elsewhere is, from
  // the second hour on.
  EXPECT_EQ(home_open, 3 * 24);
  EXPECT_EQ(hotel_open, 1);
  // Never for longer than an hour.
  const UnixTime after = kStart + 3 * kDay;
  EXPECT_LE(GateAt(table, kHotel, after).retry_after, hours(1));
}

TEST(ADay, OneUnusualPlaceGuessesNoMoreThanAllTogether) {
  BudgetTable table;
  EXPECT_EQ(Hammer(table, {std::string(kHotel)}, 2, [](UnixTime) {}),
            (std::vector<int>{53, 24}));
}

TEST(ADay, AUsualPlaceGuessesAtItsOwnCost) {
  BudgetTable table;
  table.MakeUsual(kHome, kStart - hours(1));
  EXPECT_EQ(Hammer(table, {std::string(kHome)}, 2, [](UnixTime) {}),
            (std::vector<int>{300, 288}));
  // And stops nobody elsewhere.
  EXPECT_EQ(GateAt(table, kHotel, kStart + 2 * kDay).gate, Gate::kOpen);
}

TEST(ADay, ThePersonsLoginsForgiveTheirOwnPlaceOnly) {
  BudgetTable table;
  table.MakeUsual(kHome, kStart - hours(1));
  const std::vector<int> looked_at =
      Hammer(table, Botnet(), 1, [&](UnixTime now) {
        ASSERT_TRUE(Guess(table, kHome, now));  // mistyped
        table.Write(CountSuccess(table.Read(Cause::kWrongPin, kHome, now)));
      });
  EXPECT_EQ(looked_at, std::vector<int>{54});
}

// A token without PIN is locked by a hundred wrong codes in a row. `guesses` of
// an attacker with many places who knows when the gate opens.
Millis TimeForGuesses(int guesses) {
  BudgetTable table;
  UnixTime now = kStart;
  for (int i = 0; i < guesses; ++i) {
    const std::string place = PlaceOfBot(i);
    now += GateAt(table, place, now).retry_after;
    EXPECT_TRUE(Guess(table, place, now));
  }
  return now - kStart;
}

TEST(ADay, AHundredGuessesTakeAlmostThreeDays) {
  EXPECT_EQ(TimeForGuesses(20), Millis{0});
  EXPECT_EQ(TimeForGuesses(32), seconds(4095));
  EXPECT_EQ(TimeForGuesses(100), seconds(4095) + 68 * hours(1));
}

// Guesses in sixty days of an attacker who sleeps for `pause` after each
// `burst`: until some have faded, or all are forgotten.
int GuessesWithPauses(int burst, Millis pause) {
  BudgetTable table;
  UnixTime now = kStart;
  int guesses = 0;
  while (now < kStart + 60 * kDay) {
    for (int i = 0; i < burst; ++i) {
      const std::string place = PlaceOfBot(i);
      now += GateAt(table, place, now).retry_after;
      guesses += Guess(table, place, now) ? 1 : 0;
    }
    now += pause;
  }
  return guesses;
}

TEST(ADay, WhoPausesGuessesHardlyMore) {
  int most = 0;
  for (int burst = 1; burst <= 60; ++burst) {
    for (const Millis pause :
         {Millis(minutes(1)), Millis(minutes(59)), Millis(minutes(61)),
          Millis(hours(2)), Millis(hours(4)), Millis(hours(12)),
          Millis(hours(23)), kDay}) {
      most = std::max(most, GuessesWithPauses(burst, pause));
    }
  }
  // In the long run 24 a day without a pause, 31 with the best of them.
  EXPECT_GT(most, 60 * 30);
  EXPECT_LE(most, 60 * 31);
}

}  // namespace
}  // namespace pawl::validator
