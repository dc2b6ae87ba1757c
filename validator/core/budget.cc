#include "validator/core/budget.h"

#include <algorithm>

namespace pawl::validator {
namespace {

using db::BudgetRecord;
using db::Cause;
using db::ThrottleState;

constexpr uint32_t kElsewherePatience = 4;
constexpr int kElsewhereSlowness = 12;
constexpr Millis kSlowest = kBudgetMemory / 2;
constexpr int kRefillInDelays = 2;

bool IsElsewhere(const BudgetRecord& row) {
  return row.source == kElsewhere;
}

// What is left of a row's failures. Those of all unusual places fade as much
// slower as their gate is: else a stranger's steady hammering would find it
// open again and again.
ThrottleState Faded(const BudgetPolicies& policies, const BudgetRecord& row,
                    UnixTime now) {
  const ThrottleState& state = row.throttle;
  const Millis refill =
      std::max(policies.refill, policies.place.max_delay * kRefillInDelays) *
      (IsElsewhere(row) ? kElsewhereSlowness : 1);
  const Millis since = std::max(now - state.last_failure, Millis{0});
  const auto forgiven = static_cast<uint64_t>(since / refill);
  return {.failures = forgiven >= state.failures
                          ? 0
                          : state.failures - static_cast<uint32_t>(forgiven),
          .last_failure = state.last_failure};
}

// Failures and their time are a row's; `expires` says until when it matters.
db::Write<BudgetRecord> WriteOf(const Budget& budget,
                                const ThrottleState& throttle,
                                UnixTime expires) {
  db::Write<BudgetRecord> write{.after = budget.row};
  if (budget.stored) {
    write.before = budget.row;
    ++write.after->version;
  }
  write.after->throttle = throttle;
  write.after->expires = expires;
  return write;
}

}  // namespace

ThrottlePolicy BudgetPolicies::Elsewhere() const {
  ThrottlePolicy policy = place;
  policy.free_failures *= kElsewherePatience;
  policy.max_delay =
      std::max(policy.max_delay,
               std::min(policy.max_delay * kElsewhereSlowness, kSlowest));
  return policy;
}

bool HasRecentFailures(const ThrottleState& state, UnixTime now) {
  return now - state.last_failure < kBudgetMemory;
}

GateState GateOf(const BudgetPolicies& policies, const BudgetRecord& row,
                 UnixTime now) {
  if (row.cause == Cause::kUsualPlace) {
    return {};
  }
  return DelayGate(IsElsewhere(row) ? policies.Elsewhere() : policies.place,
                   Faded(policies, row, now), now);
}

uint32_t FailuresLeft(const BudgetPolicies& policies, const BudgetRecord& row,
                      UnixTime now) {
  return Faded(policies, row, now).failures;
}

bool IsUsual(std::span<const Budget> budgets, UnixTime now) {
  return std::any_of(budgets.begin(), budgets.end(), [&](const Budget& budget) {
    return budget.row.cause == Cause::kUsualPlace && budget.stored &&
           now - budget.row.throttle.last_failure < kUsualFor;
  });
}

GateState GateOf(const BudgetPolicies& policies,
                 std::span<const Budget> budgets, bool usual, UnixTime now) {
  GateState closed;
  for (const Budget& budget : budgets) {
    if (usual && IsElsewhere(budget.row)) {
      continue;
    }
    const GateState gate = GateOf(policies, budget.row, now);
    if (gate.retry_after > closed.retry_after) {
      closed = gate;
    }
  }
  return closed;
}

BudgetWrites CountFailure(const BudgetPolicies& policies,
                          std::span<const Budget> budgets, Cause cause,
                          bool usual, UnixTime now) {
  BudgetWrites writes;
  for (const Budget& budget : budgets) {
    if (budget.row.cause == cause && !(usual && IsElsewhere(budget.row))) {
      writes.push_back(
          WriteOf(budget, AfterFailure(Faded(policies, budget.row, now), now),
                  now + kBudgetMemory));
    }
  }
  return writes;
}

BudgetWrites CountSuccess(std::span<const Budget> budgets) {
  BudgetWrites writes;
  for (const Budget& budget : budgets) {
    const BudgetRecord& row = budget.row;
    if (budget.stored && row.throttle.failures > 0 && !IsElsewhere(row)) {
      writes.push_back(
          WriteOf(budget, AfterSuccess(row.throttle), row.expires));
    }
  }
  return writes;
}

BudgetWrites Correct(std::span<const Budget> budgets, UnixTime now) {
  BudgetWrites writes;
  for (const Budget& budget : budgets) {
    if (budget.stored && budget.row.throttle.last_failure > now) {
      writes.push_back(WriteOf(
          budget,
          {.failures = budget.row.throttle.failures, .last_failure = now},
          now + (budget.row.cause == Cause::kUsualPlace ? kUsualFor
                                                        : kBudgetMemory)));
    }
  }
  return writes;
}

}  // namespace pawl::validator
