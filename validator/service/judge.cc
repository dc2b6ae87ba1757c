#include "validator/service/judge.h"

#include <algorithm>
#include <set>
#include <utility>

#include "validator/core/credential.h"

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Reason;
using db::TokenRecord;

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

// Writes the account when the decision changes it; else guards what was read.
void PlanAccount(const AccountRecord& account, const Decision& decision,
                 UnixTime now, db::Commit& commit) {
  if (decision.account.Empty()) {
    commit.account_guards.push_back({account.id, account.version});
  } else {
    commit.accounts.push_back(
        {.before = account, .after = Apply(account, decision.account, now)});
  }
}

// Writes the tokens the decision changes and guards the others: a refusal must
// not rest on a stale row either.
Status PlanTokens(std::span<const TokenRecord> tokens, const Decision& decision,
                  UnixTime now, db::Commit& commit) {
  std::set<size_t> written;
  for (const auto& [index, change] : decision.tokens) {
    if (change.Empty()) {
      continue;
    }
    PAWL_ASSIGN_OR_RETURN(TokenRecord after, Apply(tokens[index], change, now));
    if (change.advance_to.has_value()) {
      commit.audit.position = change.advance_to;
    }
    commit.tokens.push_back(
        {.before = tokens[index], .after = std::move(after)});
    written.insert(index);
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!written.contains(i)) {
      commit.token_guards.push_back({tokens[i].id, tokens[i].version});
    }
  }
  return OkStatus();
}

// The tokens that the readings speak of: an account may have many more, and
// the others play no part.
std::vector<TokenRecord> Involved(std::span<const TokenRecord> tokens,
                                  std::vector<Reading>& readings) {
  std::vector<TokenRecord> involved;
  size_t last = tokens.size();
  for (Reading& reading : readings) {
    if (reading.token != last) {
      last = reading.token;
      involved.push_back(tokens[last]);
    }
    reading.token = involved.size() - 1;
  }
  return involved;
}

StatusOr<Judgement> JudgeToken(const TokenRecord& token,
                               const Decision& decision, UnixTime now) {
  Judgement judgement{.outcome = OutcomeOf(decision, {&token, 1}),
                      .read = {token}};
  judgement.outcome.token = token.id;
  judgement.outcome.public_id = token.public_id;
  judgement.outcome.account = token.account;
  PAWL_RETURN_IF_ERROR(
      PlanTokens({&token, 1}, decision, now, judgement.commit));
  return judgement;
}

bool Matched(const std::vector<Proof>& proofs) {
  return std::any_of(proofs.begin(), proofs.end(), [](const Proof& proof) {
    return proof.fresh.has_value() || proof.stale;
  });
}

}  // namespace

Judge::Judge(db::Store& store, const Prover& prover, const KeyedHash& hash,
             const Policy& policy)
    : store_(&store), prover_(&prover), hash_(&hash), policy_(policy) {}

StatusOr<Judgement> Judge::Login(std::string_view login,
                                 std::string_view credential, UnixTime now) {
  StatusOr<db::AccountSnapshot> found = store_->FindAccount(login);  // V3
  if (found.status().code() == StatusCode::kNotFound) {
    return Stranger(login, credential, Reason::kUnknownAccount, now);
  }
  PAWL_RETURN_IF_ERROR(found);
  const AccountRecord& account = found->account;
  std::vector<Reading> readings =
      ReadCredential(credential, found->tokens);  // V4
  // Without any reading the decision still asks whether a token is usable.
  std::vector<TokenRecord> tokens = readings.empty()
                                        ? std::move(found->tokens)
                                        : Involved(found->tokens, readings);
  PAWL_ASSIGN_OR_RETURN(
      const std::vector<Proof> proofs,
      prover_->ProveLogin(account, tokens, readings, now));  // V5
  const Decision decision =
      DecideLogin(account, tokens, proofs, policy_, now);  // V6
  Judgement judgement{.outcome = OutcomeOf(decision, tokens)};
  judgement.outcome.account = account.id;
  PlanAccount(account, decision, now, judgement.commit);
  PAWL_RETURN_IF_ERROR(PlanTokens(tokens, decision, now, judgement.commit));
  judgement.read = std::move(tokens);
  return judgement;
}

StatusOr<Judgement> Judge::Stranger(std::string_view name,
                                    std::string_view credential, Reason reason,
                                    UnixTime now) {
  const db::AccountId row{1 + hash_->Spread(name) % db::Store::kStrangers};
  PAWL_ASSIGN_OR_RETURN(const db::AccountSnapshot stranger,
                        store_->GetAccount(row));
  const std::vector<TokenRecord> decoys = prover_->Decoys(credential);
  const std::vector<Reading> readings = ReadCredential(credential, decoys);
  PAWL_ASSIGN_OR_RETURN(
      const std::vector<Proof> proofs,
      prover_->ProveLogin(stranger.account, decoys, readings, now));
  Decision decision =
      DecideLogin(stranger.account, decoys, proofs, policy_, now);
  decision.reason = reason;
  Judgement judgement{.outcome = {.reason = reason}};
  PlanAccount(stranger.account, decision, now, judgement.commit);
  return judgement;
}

StatusOr<std::vector<TokenRecord>> Judge::Candidates(
    std::string_view otp, std::optional<db::TokenId> token) {
  std::vector<TokenRecord> candidates;
  const auto add = [&](StatusOr<TokenRecord> found) {
    if (found.ok()) {
      candidates.push_back(*std::move(found));
      return OkStatus();
    }
    return found.status().code() == StatusCode::kNotFound ? OkStatus()
                                                          : found.status();
  };
  if (token.has_value()) {
    PAWL_RETURN_IF_ERROR(add(store_->GetToken(*token)));
    return candidates;
  }
  for (const std::string& public_id : PublicIdsIn(otp)) {
    PAWL_RETURN_IF_ERROR(add(store_->FindToken(public_id)));
  }
  return candidates;
}

StatusOr<Judgement> Judge::Otp(std::string_view otp,
                               std::optional<db::TokenId> token, UnixTime now) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<TokenRecord> candidates,
                        Candidates(otp, token));  // V3
  if (candidates.empty()) {
    return Stranger(otp.substr(0, std::min<size_t>(otp.size(), 12)), otp,
                    Reason::kUnknownToken, now);
  }
  // A text that is both modhex and Dvorak may name two tokens; the first whose
  // code it is counts, and only one is ever judged.
  const TokenRecord* judged = &candidates.front();
  std::vector<Proof> proofs;
  for (const TokenRecord& candidate : candidates) {
    std::vector<Reading> readings = ReadCredential(otp, {&candidate, 1});  // V4
    // There is no PIN here: what is in front of the code makes it another text.
    std::erase_if(readings,
                  [](const Reading& reading) { return !reading.pin.empty(); });
    PAWL_ASSIGN_OR_RETURN(std::vector<Proof> tried,
                          prover_->ProveOtp(candidate, readings, now));  // V5
    const bool matched = Matched(tried);
    if (matched || proofs.empty()) {
      judged = &candidate;
      proofs = std::move(tried);
    }
    if (matched) {
      break;
    }
  }
  return JudgeToken(*judged, DecideOtp(*judged, proofs, policy_, now),
                    now);  // V6
}

StatusOr<Judgement> Judge::Resync(db::TokenId token,
                                  std::string_view first_code,
                                  std::string_view second_code, UnixTime now) {
  PAWL_ASSIGN_OR_RETURN(const TokenRecord record, store_->GetToken(token));
  PAWL_ASSIGN_OR_RETURN(
      const ResyncProof proof,
      prover_->ProveResyncCodes(record, first_code, second_code, now));
  return JudgeToken(record, DecideResync(record, proof, policy_, now), now);
}

}  // namespace pawl::validator
