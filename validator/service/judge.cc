#include "validator/service/judge.h"

#include <algorithm>
#include <utility>

#include "validator/core/credential.h"
#include "validator/service/plan_commit.h"

namespace pawl::validator {
namespace {

using db::Cause;
using db::Reason;
using db::TokenRecord;

constexpr Cause kTokenCauses[] = {Cause::kUndecryptable, Cause::kWrongCode};

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

// This very question brought the token where it is, so it is a replay, and no
// guess: neither a closed gate nor a server elsewhere changes that.
bool IsRepeated(const OtpQuestion& question, const TokenRecord& token) {
  return token.enabled && question.nonce_mark.has_value() &&
         question.nonce_mark == token.nonce_mark;
}

StatusOr<Judgement> JudgeToken(TokenRecord& token, const Decision& decision,
                               UnixTime now) {
  Judgement judgement{.outcome = OutcomeOf(decision, {&token, 1}),
                      .seen = Seen({&token, 1})};
  judgement.outcome.token = token.id;
  judgement.outcome.public_id = token.public_id;
  judgement.outcome.account = token.account;
  const bool is_key = db::IsYubiKey(token.kind);
  PAWL_RETURN_IF_ERROR(
      PlanTokens({&token, 1}, decision, now, judgement.commit));
  if (is_key && db::IsAccepted(decision.reason)) {
    const TokenRecord& after = *judgement.commit.tokens.front().after;
    judgement.outcome.counters = {.position = *after.position,
                                  .clock = KeyClock(after.drift, now)};
  }
  return judgement;
}

}  // namespace

std::string_view NameIn(std::string_view otp) {
  constexpr size_t kNamingLetters = 12;
  return otp.substr(0, kNamingLetters);
}

Judge::Judge(const Prover& prover, const KeyedHash& hash, Places& places,
             std::string decoy_phc, const Policy& policy,
             const BudgetPolicies& budgets)
    : prover_(&prover),
      hash_(&hash),
      places_(&places),
      decoy_phc_(std::move(decoy_phc)),
      policy_(policy),
      budgets_(budgets) {}

std::optional<db::AccountId> Judge::StrangerFor(
    const Question& question) const {
  std::string_view name;
  if (const auto* login = std::get_if<LoginQuestion>(&question)) {
    name = login->login;
  } else if (const auto* device = std::get_if<DeviceQuestion>(&question)) {
    name = device->user_name;
  } else if (const auto* otp = std::get_if<OtpQuestion>(&question)) {
    name = NameIn(otp->otp);
  } else {
    return std::nullopt;
  }
  return StrangerOf(name);
}

db::AccountId Judge::StrangerOf(std::string_view name) const {
  return {1 + hash_->Spread(name) % db::Store::kStrangers};
}

db::Keys Judge::KeysFor(const Question& question) const {
  db::Keys keys;
  if (const auto* login = std::get_if<LoginQuestion>(&question)) {
    keys.logins.push_back(login->login);
    if (login->device.has_value()) {
      keys.devices.push_back(hash_->SeenDevice(
          login->login, login->device->type, login->device->name));
    }
  } else if (const auto* device = std::get_if<DeviceQuestion>(&question)) {
    keys.devices.push_back({device->password.device});
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
                                  const Evidence& evidence,
                                  UnixTime now) const {
  if (const auto* login = std::get_if<LoginQuestion>(&question)) {
    return Login(*login, rows, evidence, now);
  }
  if (const auto* device = std::get_if<DeviceQuestion>(&question)) {
    return Device(*device, rows, evidence, now);
  }
  if (const auto* otp = std::get_if<OtpQuestion>(&question)) {
    return Otp(*otp, rows, evidence, now);
  }
  return Resync(std::get<ResyncQuestion>(question), rows, now);
}

Judge::Counted Judge::Count(const Subject& subject,
                            std::span<const Cause> causes,
                            const Evidence& evidence, bool may_skip,
                            UnixTime now) const {
  Counted counted{.subject = subject};
  if (may_skip && evidence.budgets.empty()) {
    return counted;
  }
  // What was read may be another subject's: an account that is new since.
  const std::vector<Budget> wanted =
      places_->Of(subject, evidence.place, causes);
  counted.known = std::equal(
      wanted.begin(), wanted.end(), evidence.budgets.begin(),
      evidence.budgets.end(),
      [](const Budget& a, const Budget& b) { return a.row.id == b.row.id; });
  if (counted.known) {
    counted.budgets = evidence.budgets;
    counted.usual = evidence.place.trusted || IsUsual(counted.budgets, now) ||
                    places_->IsNoted(subject, evidence.place, now);
    counted.gate = GateOf(budgets_, counted.budgets, counted.usual, now);
  }
  return counted;
}

Judgement Judge::Ask(const Subject& subject, std::span<const Cause> causes,
                     const Place& place) const {
  return {.needs_budgets = places_->Of(subject, place, causes)};
}

void Judge::PlanBudgets(const Counted& counted, const Decision& decision,
                        UnixTime now, Judgement& judgement) const {
  if (db::IsAccepted(decision.reason)) {
    judgement.usual_for = counted.subject;
  }
  if (!counted.known) {
    return;
  }
  db::Commit& commit = judgement.commit;
  if (decision.cause.has_value()) {
    judgement.counted = decision.cause;
    commit.budgets = CountFailure(budgets_, counted.budgets, *decision.cause,
                                  counted.usual, now);
  } else if (db::IsAccepted(decision.reason)) {
    commit.budgets = CountSuccess(counted.budgets);
  } else if (decision.reason == Reason::kThrottled) {
    commit.budgets = Correct(counted.budgets, now);
  }
}

// A name nobody has: the same reads, proofs and writes as for a known one, on a
// stranger row and decoy tokens.
StatusOr<Judgement> Judge::UnknownToken(std::string_view otp, db::Rows& rows,
                                        const Evidence& evidence,
                                        UnixTime now) const {
  if (rows.accounts.empty()) {
    return Internal("no stranger row was read");
  }
  const StatusOr<db::AccountSnapshot>& stranger = rows.accounts.front();
  PAWL_RETURN_IF_ERROR(stranger);
  const Counted counted =
      Count({.account = stranger->account.id}, kUnknownCauses, evidence,
            /*may_skip=*/false, now);
  if (!counted.known) {
    return Ask(counted.subject, kUnknownCauses, evidence.place);
  }
  const std::vector<TokenRecord> decoys = prover_->Decoys(otp);
  PAWL_ASSIGN_OR_RETURN(
      const std::vector<Proof> proofs,
      prover_->ProveLogin(stranger->account, decoys,
                          ReadCredential(otp, decoys), evidence.cloud, now));
  Decision decision = DecideLogin({.account = stranger->account,
                                   .tokens = decoys,
                                   .proofs = proofs,
                                   .gate = counted.gate},
                                  policy_.throttle, now);
  if (decision.reason == Reason::kUnknownAccount) {
    decision.reason = Reason::kUnknownToken;
  }
  Judgement judgement{.outcome = OutcomeOf(decision, {})};
  PlanAccount(stranger->account, decision, now, judgement.commit);
  PlanBudgets(counted, decision, now, judgement);
  return judgement;
}

// A text that is both modhex and Dvorak may name two tokens; the first whose
// code it is counts, and only one is ever judged.
StatusOr<Judge::Tried> Judge::Try(const OtpQuestion& question,
                                  std::span<TokenRecord> candidates,
                                  const Evidence& evidence,
                                  UnixTime now) const {
  for (TokenRecord& candidate : candidates) {
    if (IsRepeated(question, candidate)) {
      return Tried{.token = &candidate, .repeated = true};
    }
  }
  Tried tried{.token = &candidates.front()};
  for (TokenRecord& candidate : candidates) {
    std::vector<Reading> readings =
        ReadCredential(question.otp, {&candidate, 1});  // V4
    // There is no PIN here: what is in front of the code makes it another text.
    std::erase_if(readings,
                  [](const Reading& reading) { return !reading.pin.empty(); });
    tried.unasked = UnaskedCloud({&candidate, 1}, readings, evidence);
    PAWL_ASSIGN_OR_RETURN(
        std::vector<Proof> proofs,
        prover_->ProveOtp(candidate, readings, evidence.cloud, now));  // V5
    const bool matched = Matched(proofs) || tried.unasked.has_value();
    if (matched || tried.proofs.empty()) {
      tried.token = &candidate;
      tried.proofs = std::move(proofs);
    }
    if (matched) {
      break;
    }
  }
  return tried;
}

StatusOr<Judgement> Judge::Otp(const OtpQuestion& question, db::Rows& rows,
                               const Evidence& evidence, UnixTime now) const {
  PAWL_ASSIGN_OR_RETURN(
      std::vector<TokenRecord> candidates,
      Found(question.token.has_value() ? rows.tokens : rows.public_ids));
  if (question.confirming.has_value()) {
    std::erase_if(candidates, [&](const TokenRecord& token) {
      return token.account != question.confirming;
    });
  }
  if (candidates.empty()) {
    return UnknownToken(question.otp, rows, evidence, now);
  }
  PAWL_ASSIGN_OR_RETURN(Tried tried, Try(question, candidates, evidence, now));
  TokenRecord* judged = tried.token;
  const bool may_skip = !HasRecentFailures(judged->throttle, now);
  const Counted counted =
      Count({.token = judged->id}, kTokenCauses, evidence, may_skip, now);
  if (tried.unasked.has_value()) {
    if (!counted.known && !may_skip) {
      return Ask(counted.subject, kTokenCauses, evidence.place);
    }
    if (counted.gate.gate == Gate::kOpen &&
        LockGate(policy_.throttle, judged->throttle).gate == Gate::kOpen) {
      return Judgement{.needs_cloud = std::move(tried.unasked)};
    }
  }
  const Decision decision = OfTried(question, tried, counted.gate, now);
  if (!counted.known && !(may_skip && decision.reason == Reason::kGoodCode)) {
    return Ask(counted.subject, kTokenCauses, evidence.place);
  }
  if (!judged->account.has_value() || (!db::IsAccepted(decision.reason) &&
                                       decision.reason != Reason::kReplayed)) {
    PAWL_ASSIGN_OR_RETURN(Judgement judgement,
                          JudgeToken(*judged, decision, now));
    PlanBudgets(counted, decision, now, judgement);
    return judgement;
  }
  return OwnedOtp(*judged, rows, decision, counted, now);
}

Decision Judge::OfTried(const OtpQuestion& question, const Tried& tried,
                        const GateState& gate, UnixTime now) const {
  if (tried.repeated) {
    return {.reason = Reason::kReplayed,
            .hints = db::Hints{} | db::Hint::kRepeatedAttempt};
  }
  Decision decision =
      DecideOtp(*tried.token, tried.proofs, gate,
                question.confirming.has_value(), policy_.throttle, now);  // V6
  if (db::IsAccepted(decision.reason)) {
    decision.tokens.front().second.nonce_mark = question.nonce_mark;
  }
  return decision;
}

// An OTP of a token that belongs to somebody: while they are disabled nothing
// is used up, nor told apart.
StatusOr<Judgement> Judge::OwnedOtp(TokenRecord& token, const db::Rows& rows,
                                    const Decision& decision,
                                    const Counted& counted,
                                    UnixTime now) const {
  const auto owner =
      std::find_if(rows.accounts.begin(), rows.accounts.end(),
                   [&](const StatusOr<db::AccountSnapshot>& row) {
                     return row.ok() && row->account.id == *token.account;
                   });
  if (owner == rows.accounts.end()) {
    return Judgement{.needs_account = token.account};
  }
  const db::AccountRecord& account = (*owner)->account;
  const Decision allowed =
      account.enabled ? decision : Decision{.reason = Reason::kAccountDisabled};
  PAWL_ASSIGN_OR_RETURN(Judgement judgement, JudgeToken(token, allowed, now));
  judgement.commit.account_guards.push_back({account.id, account.version});
  PlanBudgets(counted, allowed, now, judgement);
  return judgement;
}

StatusOr<Judgement> Judge::Resync(const ResyncQuestion& question,
                                  db::Rows& rows, UnixTime now) const {
  StatusOr<TokenRecord>& token = rows.tokens.front();
  PAWL_RETURN_IF_ERROR(token);
  if (db::IsYubiKey(token->kind)) {
    return FailedPrecondition("a Yubico token is always in step");
  }
  PAWL_ASSIGN_OR_RETURN(const ResyncProof proof,
                        prover_->ProveResyncCodes(*token, question.first_code,
                                                  question.second_code, now));
  return JudgeToken(*token, DecideResync(*token, proof, policy_.throttle, now),
                    now);
}

}  // namespace pawl::validator
