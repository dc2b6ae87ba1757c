// BudgetTable: budget rows in memory, read and written as a store does it. What
// a store would refuse, it reports as a failed test.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "validator/core/budget.h"

namespace pawl::testing {

inline constexpr std::string_view kBudgetService = "webmail";

// The row of `cause` at `source`, as it begins.
inline db::BudgetRecord BudgetRow(db::Cause cause, std::string_view source) {
  return {.id = {1},
          .cause = cause,
          .account = db::AccountId{5000},
          .source = std::string(source),
          .service = source == validator::kElsewhere
                         ? std::string()
                         : std::string(kBudgetService)};
}

// One that was written before.
inline validator::Budget StoredBudget(db::Cause cause, std::string_view source,
                                      db::ThrottleState throttle) {
  validator::Budget budget{.row = BudgetRow(cause, source), .stored = true};
  budget.row.version = 7;
  budget.row.throttle = throttle;
  budget.row.expires = throttle.last_failure + validator::kBudgetMemory;
  return budget;
}

class BudgetTable {
 public:
  // The rows of a check of `cause` from `source`.
  [[nodiscard]] std::vector<validator::Budget> Read(db::Cause cause,
                                                    std::string_view source,
                                                    UnixTime now) {
    return {Find(cause, source, now), Find(cause, validator::kElsewhere, now),
            Find(db::Cause::kUsualPlace, source, now)};
  }

  void Write(const validator::BudgetWrites& writes) {
    for (const db::Write<db::BudgetRecord>& write : writes) {
      ASSERT_TRUE(write.after.has_value());
      const auto found = rows_.find(KeyOf(*write.after));
      if (found == rows_.end()) {
        ASSERT_FALSE(write.before.has_value());
        ASSERT_EQ(write.after->version, 1U);
      } else {
        ASSERT_EQ(write.before, found->second);
        ASSERT_EQ(write.after->version, found->second.version + 1);
      }
      rows_[KeyOf(*write.after)] = *write.after;
    }
  }

  // A login that succeeded from there, as validator/service/places.h writes it.
  void MakeUsual(std::string_view source, UnixTime now) {
    db::BudgetRecord row = BudgetRow(db::Cause::kUsualPlace, source);
    row.throttle.last_failure = now;
    row.expires = now + validator::kUsualFor;
    rows_[KeyOf(row)] = row;
  }

 private:
  using Key = std::pair<db::Cause, std::string>;
  static Key KeyOf(const db::BudgetRecord& row) {
    return {row.cause, row.source};
  }
  // What has expired is swept at once.
  validator::Budget Find(db::Cause cause, std::string_view source,
                         UnixTime now) {
    const auto found = rows_.find(Key(cause, std::string(source)));
    if (found == rows_.end()) {
      return {.row = BudgetRow(cause, source)};
    }
    if (found->second.expires <= now) {
      rows_.erase(found);
      return {.row = BudgetRow(cause, source)};
    }
    return {.row = found->second, .stored = true};
  }

  std::map<Key, db::BudgetRecord> rows_;
};

}  // namespace pawl::testing
