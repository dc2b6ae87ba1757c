// Budgets: how failures of one cause, of one account or token, from one place,
// cost time, without becoming a weapon.
//
// Every failure counts in two rows (db::BudgetRecord): that of its place (the
// person's address and the service), and that of all unusual places together.
// A place from which a login succeeded lately is usual: there only its own row
// counts, so a stranger who hammers an account from elsewhere does not stop the
// person at home. Trusted networks are usual for everybody. Failures fade with
// time; nothing here locks for good.
//
//     GateOf(budgets, ...)         may it be looked at?
//     CountFailure(budgets, ...)   rows to write
//     CountSuccess(budgets, ...)   rows to write
//
// Pure; thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "db/record.h"
#include "db/write.h"
#include "validator/core/throttle.h"

namespace pawl::validator {

struct BudgetPolicies {
  ThrottlePolicy place{};
  // Of all unusual places together: more patient, then slower, because a
  // hundred of these in a row would lock a token without PIN.
  [[nodiscard]] ThrottlePolicy Elsewhere() const;
  // One failure of a place fades in this time, or in twice place.max_delay when
  // that is longer: no gate opens before the time it told.
  Millis refill = std::chrono::minutes(10);
};

// After this long without a failure a budget is forgotten.
inline constexpr Millis kBudgetMemory = std::chrono::hours(24);
// A place stays usual for so long after the last login from there, which is
// written anew only this often.
inline constexpr Millis kUsualFor = std::chrono::hours(24 * 60);
inline constexpr Millis kUsualRefresh = std::chrono::hours(24 * 7);
// BudgetRecord::source of all unusual places.
inline constexpr std::string_view kElsewhere = "*";

// One row that matters to a check: as it was read, or as it would begin.
struct Budget {
  db::BudgetRecord row{};
  bool stored = false;
};

// True when failures of `state` may have left budgets that still matter.
[[nodiscard]] bool HasRecentFailures(const db::ThrottleState& state,
                                     UnixTime now);

// Whether a row keeps checks out: kOpen or kThrottled.
[[nodiscard]] GateState GateOf(const BudgetPolicies& policies,
                               const db::BudgetRecord& row, UnixTime now);
// The failures of a row that have not faded yet.
[[nodiscard]] uint32_t FailuresLeft(const BudgetPolicies& policies,
                                    const db::BudgetRecord& row, UnixTime now);

// True when the row of kUsualPlace among `budgets` says so.
[[nodiscard]] bool IsUsual(std::span<const Budget> budgets, UnixTime now);

// The longest closed gate among `budgets`; `usual`: those of elsewhere do not
// count.
[[nodiscard]] GateState GateOf(const BudgetPolicies& policies,
                               std::span<const Budget> budgets, bool usual,
                               UnixTime now);

using BudgetWrites = std::vector<db::Write<db::BudgetRecord>>;
// One failure of `cause` more.
[[nodiscard]] BudgetWrites CountFailure(const BudgetPolicies& policies,
                                        std::span<const Budget> budgets,
                                        db::Cause cause, bool usual,
                                        UnixTime now);
// A success clears what its place has counted.
[[nodiscard]] BudgetWrites CountSuccess(std::span<const Budget> budgets);
// Rows with a failure in the future, after the clock was set back: it is one of
// now, so that no gate stays closed for longer than its delay.
[[nodiscard]] BudgetWrites Correct(std::span<const Budget> budgets,
                                   UnixTime now);

}  // namespace pawl::validator
