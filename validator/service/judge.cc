#include "validator/service/judge.h"

#include <algorithm>
#include <utility>

#include "validator/core/credential.h"

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Reason;
using db::TokenRecord;

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
// not rest on a stale row either. Takes the records it writes.
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

// The tokens that the readings speak of: an account may have many more, and
// the others play no part. Takes them.
std::vector<TokenRecord> Involved(std::span<TokenRecord> tokens,
                                  std::vector<Reading>& readings) {
  std::vector<TokenRecord> involved;
  size_t last = tokens.size();
  for (Reading& reading : readings) {
    if (reading.token != last) {
      last = reading.token;
      involved.push_back(std::move(tokens[last]));
    }
    reading.token = involved.size() - 1;
  }
  return involved;
}

StatusOr<Judgement> JudgeToken(TokenRecord& token, const Decision& decision,
                               UnixTime now) {
  Judgement judgement{.outcome = OutcomeOf(decision, {&token, 1}),
                      .seen = Seen({&token, 1})};
  judgement.outcome.token = token.id;
  judgement.outcome.public_id = token.public_id;
  judgement.outcome.account = token.account;
  PAWL_RETURN_IF_ERROR(
      PlanTokens({&token, 1}, decision, now, judgement.commit));
  return judgement;
}

template <typename Record>
bool IsNotFound(const StatusOr<Record>& row) {
  return row.status().code() == StatusCode::kNotFound;
}

// The tokens that are there, taken.
StatusOr<std::vector<TokenRecord>> Found(
    std::vector<StatusOr<TokenRecord>>& rows) {
  std::vector<TokenRecord> found;
  for (StatusOr<TokenRecord>& row : rows) {
    if (!IsNotFound(row)) {
      PAWL_RETURN_IF_ERROR(row);
      found.push_back(*std::move(row));
    }
  }
  return found;
}

bool Matched(const std::vector<Proof>& proofs) {
  return std::any_of(proofs.begin(), proofs.end(), [](const Proof& proof) {
    return proof.fresh.has_value() || proof.stale;
  });
}

}  // namespace

std::string_view NameIn(std::string_view otp) {
  constexpr size_t kNamingLetters = 12;
  return otp.substr(0, kNamingLetters);
}

Judge::Judge(const Prover& prover, const KeyedHash& hash, const Policy& policy)
    : prover_(&prover), hash_(&hash), policy_(policy) {}

std::optional<db::AccountId> Judge::StrangerFor(
    const Question& question) const {
  std::string_view name;
  if (const auto* login = std::get_if<LoginQuestion>(&question)) {
    name = login->login;
  } else if (const auto* otp = std::get_if<OtpQuestion>(&question)) {
    name = NameIn(otp->otp);
  } else {
    return std::nullopt;
  }
  return db::AccountId{1 + hash_->Spread(name) % db::Store::kStrangers};
}

db::Keys Judge::KeysFor(const Question& question) {
  db::Keys keys;
  if (const auto* login = std::get_if<LoginQuestion>(&question)) {
    keys.logins.push_back(login->login);
  } else if (const auto* otp = std::get_if<OtpQuestion>(&question)) {
    if (otp->token.has_value()) {
      keys.tokens.push_back(*otp->token);
    } else {
      keys.public_ids = PublicIdsIn(otp->otp);
    }
  } else if (const auto* resync = std::get_if<ResyncQuestion>(&question)) {
    keys.tokens.push_back(resync->token);
  }
  return keys;
}

StatusOr<Judgement> Judge::Decide(const Question& question, db::Rows&& rows,
                                  UnixTime now) const {
  if (const auto* login = std::get_if<LoginQuestion>(&question)) {
    return Login(*login, rows, now);
  }
  if (const auto* otp = std::get_if<OtpQuestion>(&question)) {
    return Otp(*otp, rows, now);
  }
  return Resync(std::get<ResyncQuestion>(question), rows, now);
}

StatusOr<Judgement> Judge::Login(const LoginQuestion& question, db::Rows& rows,
                                 UnixTime now) const {
  StatusOr<db::AccountSnapshot>& found = rows.logins.front();
  if (IsNotFound(found)) {
    return Stranger(question.credential, rows, Reason::kUnknownAccount, now);
  }
  PAWL_RETURN_IF_ERROR(found);
  const AccountRecord& account = found->account;
  std::vector<Reading> readings =
      ReadCredential(question.credential, found->tokens);  // V4
  // Without any reading the decision still asks whether a token is usable.
  std::vector<TokenRecord> tokens = readings.empty()
                                        ? std::move(found->tokens)
                                        : Involved(found->tokens, readings);
  PAWL_ASSIGN_OR_RETURN(
      const std::vector<Proof> proofs,
      prover_->ProveLogin(account, tokens, readings, now));  // V5
  const Decision decision =
      DecideLogin(account, tokens, proofs, policy_, now);  // V6
  Judgement judgement{.outcome = OutcomeOf(decision, tokens),
                      .seen = Seen(tokens)};
  judgement.outcome.account = account.id;
  PlanAccount(account, decision, now, judgement.commit);
  PAWL_RETURN_IF_ERROR(PlanTokens(tokens, decision, now, judgement.commit));
  return judgement;
}

StatusOr<Judgement> Judge::Stranger(std::string_view credential, db::Rows& rows,
                                    Reason reason, UnixTime now) const {
  if (rows.accounts.empty()) {
    return Internal("no stranger row was read");
  }
  const StatusOr<db::AccountSnapshot>& stranger = rows.accounts.front();
  PAWL_RETURN_IF_ERROR(stranger);
  const std::vector<TokenRecord> decoys = prover_->Decoys(credential);
  const std::vector<Reading> readings = ReadCredential(credential, decoys);
  PAWL_ASSIGN_OR_RETURN(
      const std::vector<Proof> proofs,
      prover_->ProveLogin(stranger->account, decoys, readings, now));
  Decision decision =
      DecideLogin(stranger->account, decoys, proofs, policy_, now);
  decision.reason = reason;
  Judgement judgement{.outcome = {.reason = reason}};
  PlanAccount(stranger->account, decision, now, judgement.commit);
  return judgement;
}

StatusOr<Judgement> Judge::Otp(const OtpQuestion& question, db::Rows& rows,
                               UnixTime now) const {
  PAWL_ASSIGN_OR_RETURN(
      std::vector<TokenRecord> candidates,
      Found(question.token.has_value() ? rows.tokens : rows.public_ids));
  if (candidates.empty()) {
    return Stranger(question.otp, rows, Reason::kUnknownToken, now);
  }
  // A text that is both modhex and Dvorak may name two tokens; the first whose
  // code it is counts, and only one is ever judged.
  TokenRecord* judged = &candidates.front();
  std::vector<Proof> proofs;
  for (TokenRecord& candidate : candidates) {
    std::vector<Reading> readings =
        ReadCredential(question.otp, {&candidate, 1});  // V4
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

StatusOr<Judgement> Judge::Resync(const ResyncQuestion& question,
                                  db::Rows& rows, UnixTime now) const {
  StatusOr<TokenRecord>& token = rows.tokens.front();
  PAWL_RETURN_IF_ERROR(token);
  if (token->kind == db::TokenKind::kYubico) {
    return FailedPrecondition("a Yubico token is always in step");
  }
  PAWL_ASSIGN_OR_RETURN(const ResyncProof proof,
                        prover_->ProveResyncCodes(*token, question.first_code,
                                                  question.second_code, now));
  return JudgeToken(*token, DecideResync(*token, proof, policy_, now), now);
}

}  // namespace pawl::validator
