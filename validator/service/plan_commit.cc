#include "validator/service/plan_commit.h"

#include <utility>

namespace pawl::validator {

using db::AccountRecord;
using db::TokenRecord;

std::optional<CloudQuestion> UnaskedCloud(std::span<const TokenRecord> tokens,
                                          std::span<const Reading> readings,
                                          const Evidence& evidence) {
  for (const Reading& reading : readings) {
    const TokenRecord& token = tokens[reading.token];
    if (token.kind != db::TokenKind::kYubicloud || !token.enabled) {
      continue;
    }
    CloudQuestion question{.token = token.id,
                           .otp = token.public_id + reading.code};
    // Each text is asked about once, whatever comes of it.
    if (AnswerTo(question.otp, evidence.cloud) == nullptr) {
      return question;
    }
  }
  return std::nullopt;
}

std::vector<SeenToken> Seen(std::span<const TokenRecord> tokens) {
  std::vector<SeenToken> seen;
  seen.reserve(tokens.size());
  for (const TokenRecord& token : tokens) {
    seen.push_back({.id = token.id, .position = token.position});
  }
  return seen;
}

Outcome OutcomeOf(const Decision& decision,
                  std::span<const TokenRecord> tokens) {
  Outcome outcome{.reason = decision.reason,
                  .hints = decision.hints,
                  .retry_after = decision.retry_after};
  if (decision.token.has_value()) {
    outcome.token = tokens[*decision.token].id;
    outcome.public_id = tokens[*decision.token].public_id;
  }
  return outcome;
}

void PlanAccount(const AccountRecord& account, const Decision& decision,
                 UnixTime now, db::Commit& commit) {
  if (decision.account.Empty()) {
    commit.account_guards.push_back({account.id, account.version});
  } else {
    commit.accounts.push_back(
        {.before = account, .after = Apply(account, decision.account, now)});
  }
}

Status PlanTokens(std::span<TokenRecord> tokens, const Decision& decision,
                  UnixTime now, db::Commit& commit) {
  std::vector<bool> written(tokens.size());
  for (const auto& [index, change] : decision.tokens) {
    if (change.Empty()) {
      continue;
    }
    PAWL_ASSIGN_OR_RETURN(TokenRecord after, Apply(tokens[index], change, now));
    if (change.advance_to.has_value()) {
      commit.audit.position = change.advance_to;
    }
    commit.tokens.push_back(
        {.before = std::move(tokens[index]), .after = std::move(after)});
    written[index] = true;
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!written[i]) {
      commit.token_guards.push_back({tokens[i].id, tokens[i].version});
    }
  }
  return OkStatus();
}

}  // namespace pawl::validator
