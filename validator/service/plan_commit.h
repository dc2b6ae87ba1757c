// What the judge's files share: a decision as the rows of a commit.
//
// Thread safety: pure functions on their arguments.
#pragma once

#include <span>
#include <vector>

#include "base/status.h"
#include "db/store.h"
#include "validator/core/decide.h"
#include "validator/service/judge.h"

namespace pawl::validator {

// What asking for a name that nobody has can cost.
inline constexpr db::Cause kUnknownCauses[] = {db::Cause::kUnknown};

// The first reading of an enabled token that only its server can judge, unless
// `evidence` has the answer.
[[nodiscard]] std::optional<CloudQuestion> UnaskedCloud(
    std::span<const db::TokenRecord> tokens, std::span<const Reading> readings,
    const Evidence& evidence);

[[nodiscard]] std::vector<SeenToken> Seen(
    std::span<const db::TokenRecord> tokens);

[[nodiscard]] Outcome OutcomeOf(const Decision& decision,
                                std::span<const db::TokenRecord> tokens);

// Writes the account when the decision changes it; else guards what was read.
void PlanAccount(const db::AccountRecord& account, const Decision& decision,
                 UnixTime now, db::Commit& commit);

// Writes the tokens the decision changes and guards the others: a refusal must
// not rest on a stale row either. Takes the records it writes.
[[nodiscard]] Status PlanTokens(std::span<db::TokenRecord> tokens,
                                const Decision& decision, UnixTime now,
                                db::Commit& commit);

template <typename Record>
[[nodiscard]] bool IsNotFound(const StatusOr<Record>& row) {
  return row.status().code() == StatusCode::kNotFound;
}

}  // namespace pawl::validator
