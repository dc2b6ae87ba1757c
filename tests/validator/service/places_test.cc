#include "validator/service/places.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::BudgetRecord;
using db::Cause;
using std::chrono::hours;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TestService;

constexpr Cause kCauses[] = {Cause::kWrongPin, Cause::kWrongCode};
constexpr Millis kDay = hours(24);

class PlacesTest : public ::testing::Test {
 protected:
  PlacesTest()
      : kim_{.account = service_.AddAccount("kim", "1234")},
        lee_{.account = service_.AddAccount("lee", "1234")},
        now_(service_.clock.Now()) {}

  static Networks Trusted() { return *Networks::Parse("198.51.100.0/24"); }

  // The row that says that `place` is usual for `subject`, if it is stored.
  std::optional<BudgetRecord> UsualRow(const Subject& subject,
                                       const Place& place) {
    db::Keys keys;
    keys.budgets.push_back(places_.Of(subject, place, {}).at(0).row.id);
    const StatusOr<BudgetRecord> row =
        service_.store.Read(keys).value().budgets.at(0);
    return row.ok() ? std::optional(*row) : std::nullopt;
  }

  TestService service_;
  Subject kim_;
  Subject lee_;
  UnixTime now_;
  Places places_{service_.store, service_.hash, Trusted()};
  const Place home_ = places_.At("192.0.2.10", "webmail");
};

TEST_F(PlacesTest, APlaceIsAnAddressAndAService) {
  EXPECT_EQ(home_.address, "192.0.2.10");
  EXPECT_EQ(home_.source, "192.0.2.10");
  EXPECT_EQ(home_.service, "webmail");
  EXPECT_FALSE(home_.trusted);
  const Place six = places_.At("2001:db8:1:2::9", "");
  EXPECT_EQ(six.address, "2001:db8:1:2::9");
  EXPECT_EQ(six.source, "2001:db8:1:2::/64");
  EXPECT_TRUE(places_.At("198.51.100.9", "").trusted);
  EXPECT_TRUE(places_.At("::ffff:198.51.100.9", "").trusted);
  EXPECT_FALSE(places_.At("198.51.101.9", "").trusted);
  EXPECT_EQ(places_.At("", "webmail").source, "");
  // What stands for all other places is nobody's address.
  EXPECT_EQ(places_.At(kElsewhere, "webmail").source, "");
  EXPECT_EQ(places_.At(kElsewhere, "webmail").address, "*");
}

TEST_F(PlacesTest, EachCauseHasARowHereAndOneElsewhere) {
  const std::vector<Budget> budgets = places_.Of(kim_, home_, kCauses);
  ASSERT_THAT(budgets, SizeIs(5));
  for (size_t i = 0; i < 2; ++i) {
    const BudgetRecord& here = budgets[2 * i].row;
    const BudgetRecord& elsewhere = budgets[2 * i + 1].row;
    EXPECT_EQ(here.cause, kCauses[i]);
    EXPECT_EQ(here.source, "192.0.2.10");
    EXPECT_EQ(here.service, "webmail");
    EXPECT_EQ(elsewhere.cause, kCauses[i]);
    EXPECT_EQ(elsewhere.source, kElsewhere);
    EXPECT_EQ(elsewhere.service, "");
  }
  EXPECT_EQ(budgets[4].row.cause, Cause::kUsualPlace);
  EXPECT_EQ(budgets[4].row.source, "192.0.2.10");
  for (const Budget& budget : budgets) {
    EXPECT_FALSE(budget.stored);
    EXPECT_EQ(budget.row.account, kim_.account);
    EXPECT_EQ(MalformedField(budget.row), "");
  }
  // Nobody knows where: there is no usual place.
  EXPECT_THAT(places_.Of(kim_, places_.At("", "webmail"), kCauses), SizeIs(4));
}

TEST_F(PlacesTest, WhatDiffersHasARowOfItsOwn) {
  const Subject token{.token = db::TokenId{kim_.account->value}};
  std::set<uint64_t> ids;
  size_t rows = 0;
  for (const Subject& subject : {kim_, lee_, token}) {
    for (const char* address : {"192.0.2.10", "192.0.2.11", "2001:db8::1"}) {
      for (const char* service : {"webmail", "imap"}) {
        for (const Budget& budget :
             places_.Of(subject, places_.At(address, service), kCauses)) {
          if (budget.row.source != kElsewhere) {
            ids.insert(budget.row.id.value);
            ++rows;
          }
        }
      }
    }
  }
  EXPECT_EQ(rows, 3U * 3 * 2 * 3);
  EXPECT_EQ(ids.size(), rows);
  // Two addresses of one household are one place.
  EXPECT_EQ(places_.Of(kim_, places_.At("2001:db8::1", ""), {}).at(0).row,
            places_.Of(kim_, places_.At("2001:db8::2", ""), {}).at(0).row);
}

TEST_F(PlacesTest, WhatIsNotedIsKnownAtOnceAndWrittenLater) {
  EXPECT_FALSE(places_.IsNoted(kim_, home_, now_));
  places_.Note(kim_, home_, now_);
  EXPECT_TRUE(places_.IsNoted(kim_, home_, now_));
  EXPECT_FALSE(places_.IsNoted(lee_, home_, now_));
  EXPECT_FALSE(
      places_.IsNoted(kim_, places_.At("192.0.2.11", "webmail"), now_));
  EXPECT_FALSE(places_.IsNoted(kim_, places_.At("192.0.2.10", "imap"), now_));
  EXPECT_FALSE(UsualRow(kim_, home_).has_value());
  places_.Flush();
  const std::optional<BudgetRecord> row = UsualRow(kim_, home_);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->version, 1U);
  EXPECT_EQ(row->account, kim_.account);
  EXPECT_EQ(row->throttle, (db::ThrottleState{0, now_}));
  EXPECT_EQ(row->expires, now_ + kUsualFor);
  const Budget stored{.row = *row, .stored = true};
  EXPECT_TRUE(IsUsual({&stored, 1}, now_));
  EXPECT_FALSE(UsualRow(lee_, home_).has_value());
}

TEST_F(PlacesTest, WhatCannotBeUsualIsNotNoted) {
  const Place nowhere = places_.At("", "webmail");
  const Place trusted = places_.At("198.51.100.9", "webmail");
  places_.Note(kim_, nowhere, now_);
  places_.Note(kim_, trusted, now_);
  places_.Flush();
  EXPECT_FALSE(places_.IsNoted(kim_, nowhere, now_));
  EXPECT_FALSE(UsualRow(kim_, trusted).has_value());
}

// A person who logs in every day makes one write a week.
TEST_F(PlacesTest, AUsualPlaceIsWrittenAnewOnceAWeek) {
  std::vector<uint64_t> versions;
  for (int day = 0; day < 15; ++day) {
    for (const Millis at : {Millis(hours(1)), Millis(hours(9))}) {
      places_.Note(kim_, home_, now_ + day * kDay + at);
      places_.Flush();
    }
    versions.push_back(UsualRow(kim_, home_)->version);
  }
  EXPECT_EQ(versions, (std::vector<uint64_t>{1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2,
                                             2, 2, 3}));
  const BudgetRecord row = *UsualRow(kim_, home_);
  EXPECT_EQ(row.expires, row.throttle.last_failure + kUsualFor);
  EXPECT_GE(row.throttle.last_failure, now_ + 14 * kDay);
}

TEST_F(PlacesTest, NoNoteIsForgottenForAClockThatWasSetBack) {
  places_.Note(kim_, home_, now_ + 100 * kDay);
  places_.Flush();
  places_.Note(kim_, home_, now_);
  places_.Flush();
  EXPECT_EQ(UsualRow(kim_, home_)->throttle.last_failure, now_ + 100 * kDay);
}

TEST_F(PlacesTest, ManyAreWrittenTogetherWithOneAuditEntry) {
  const auto entries = [&] {
    std::vector<db::AuditEntry> all =
        service_.store.ListAudit({.limit = 1000}).value();
    std::erase_if(all, [](const db::AuditEntry& entry) {
      return entry.event != db::Event::kUsualPlacesNoted;
    });
    return all;
  };
  EXPECT_THAT(entries(), IsEmpty());
  for (int i = 0; i < 50; ++i) {
    places_.Note(kim_, places_.At("203.0.113." + std::to_string(i), "webmail"),
                 now_);
  }
  places_.Flush();
  uint32_t told = 0;
  for (const db::AuditEntry& entry : entries()) {
    told += entry.count;
  }
  EXPECT_EQ(told, 50U);
  EXPECT_LE(entries().size(), 16U);
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(
        UsualRow(kim_, places_.At("203.0.113." + std::to_string(i), "webmail"))
            .has_value());
  }
}

TEST_F(PlacesTest, WhatIsLeftIsWrittenAtTheEnd) {
  {
    Places others(service_.store, service_.hash, Trusted());
    others.Note(lee_, home_, now_);
  }
  EXPECT_TRUE(UsualRow(lee_, home_).has_value());
}

}  // namespace
}  // namespace pawl::validator
