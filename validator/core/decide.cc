#include "validator/core/decide.h"

#include <algorithm>
#include <set>

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Cause;
using db::Reason;
using db::TokenChange;
using db::TokenRecord;

Decision Refuse(Reason reason, std::optional<Cause> cause = std::nullopt) {
  Decision decision;
  decision.reason = reason;
  decision.cause = cause;
  return decision;
}

// The refusal of a closed gate.
Decision Close(const GateState& gate) {
  Decision decision =
      Refuse(gate.gate == Gate::kLocked ? Reason::kLocked : Reason::kThrottled);
  decision.retry_after = gate.retry_after;
  return decision;
}

// What an accepted or burned code does to its token: the position moves to it.
TokenChange Consume(const TokenRecord& token, const Proof& proof) {
  TokenChange change;
  change.advance_to = proof.fresh;
  if (proof.drift != token.drift) {
    change.drift = proof.drift;
  }
  return change;
}

Decision Accept(const TokenRecord& token, const Proof& proof, UnixTime now) {
  Decision decision = Refuse(Reason::kGoodCode);
  TokenChange change = Consume(token, proof);
  if (token.throttle.failures > 0) {
    change.throttle = AfterSuccess(token.throttle);
  }
  change.used_at = now;
  decision.token = proof.token;
  decision.hints = proof.hints;
  decision.tokens.emplace_back(proof.token, change);
  return decision;
}

// The proofs of a login sorted by what they can still do.
struct Sorted {
  std::vector<const Proof*> open;   // token usable, not locked
  const Proof* unusable = nullptr;  // a fresh code of a token that is not
  bool locked = false;              // a lock kept proofs out
};

Sorted Sort(std::span<const TokenRecord> tokens, std::span<const Proof> proofs,
            const ThrottlePolicy& policy) {
  Sorted sorted;
  for (const Proof& proof : proofs) {
    const TokenRecord& token = tokens[proof.token];
    if (!IsUsable(token)) {
      if (proof.fresh.has_value()) {
        sorted.unusable = &proof;
      }
    } else if (LockGate(policy, token.throttle).gate == Gate::kOpen) {
      sorted.open.push_back(&proof);
    } else {
      sorted.locked = true;
    }
  }
  return sorted;
}

// Uses up every fresh code that the decision has not moved to yet: the same
// text must not be good a second time through another token.
void BurnRest(std::span<const TokenRecord> tokens,
              const std::vector<const Proof*>& open, Decision& decision) {
  std::set<size_t> done;
  for (const auto& [token, change] : decision.tokens) {
    done.insert(token);
  }
  for (const Proof* proof : open) {
    if (proof->fresh.has_value() && done.insert(proof->token).second) {
      decision.tokens.emplace_back(proof->token,
                                   Consume(tokens[proof->token], *proof));
    }
  }
}

// Every fresh code behind a wrong PIN is used up.
Decision Burn(std::span<const TokenRecord> tokens,
              const std::vector<const Proof*>& open, const Proof& first) {
  Decision decision = Refuse(Reason::kWrongPin, Cause::kWrongPin);
  decision.token = first.token;
  decision.hints = first.hints;
  BurnRest(tokens, open, decision);
  return decision;
}

bool OfSeveralTokens(const std::vector<const Proof*>& open) {
  return std::any_of(open.begin(), open.end(), [&](const Proof* proof) {
    return proof->token != open.front()->token;
  });
}

// A wrong code counts on a token only when it can be no other's, when what
// stands in front was right, so that whoever does not know the PIN cannot lock
// it, and when it could have been guessed: a Yubico OTP cannot.
void CountOnToken(std::span<const TokenRecord> tokens,
                  const std::vector<const Proof*>& open, UnixTime now,
                  Decision& decision) {
  const TokenRecord& token = tokens[open.front()->token];
  if (OfSeveralTokens(open)) {
    return;
  }
  decision.token = open.front()->token;
  if (decision.cause == Cause::kWrongCode && !db::IsYubiKey(token.kind)) {
    TokenChange change;
    change.throttle = AfterFailure(token.throttle, now);
    decision.tokens.emplace_back(*decision.token, change);
  }
}

Decision WrongCode(const AccountRecord& account,
                   std::span<const TokenRecord> tokens,
                   const std::vector<const Proof*>& open, UnixTime now) {
  Decision decision = Refuse(Reason::kWrongCode, Cause::kWrongPin);
  const bool pin_right =
      std::any_of(open.begin(), open.end(),
                  [](const Proof* proof) { return proof->pin_right; });
  const bool pin_known = pin_right && !account.pin_mac.empty();
  if (pin_known) {
    decision.hints = decision.hints | db::Hint::kFirstFactorKnown;
  }
  if (db::IsYubiKey(tokens[open.front()->token].kind) && !pin_known) {
    decision.cause = Cause::kUndecryptable;
  } else if (pin_right) {
    decision.cause = Cause::kWrongCode;
  }
  CountOnToken(tokens, open, now, decision);
  return decision;
}

// A stale code is no guess, unless the same text was also tried on another
// token: then it counts like a wrong code, or an old code of one token would
// pay for guesses at the other.
Decision Replay(const std::vector<const Proof*>& open, const Proof& stale) {
  Decision decision = Refuse(Reason::kReplayed);
  decision.token = stale.token;
  decision.hints = stale.hints;
  if (OfSeveralTokens(open)) {
    decision.cause = Cause::kWrongPin;
  }
  return decision;
}

// D5 to D7 for a recovery or temporary code: used up whatever the PIN.
Decision WeighSpare(const LoginFacts& facts, UnixTime now) {
  const db::SpareCode& code = facts.spare_codes[facts.spare->code];
  if (code.used) {
    return Refuse(Reason::kReplayed);
  }
  if (code.expires.has_value() && *code.expires <= now) {
    return Refuse(Reason::kWrongCode, Cause::kWrongPin);
  }
  Decision decision = facts.spare->pin_right
                          ? Refuse(Reason::kGoodRecoveryCode)
                          : Refuse(Reason::kWrongPin, Cause::kWrongPin);
  std::vector<db::SpareCode> codes(facts.spare_codes.begin(),
                                   facts.spare_codes.end());
  codes[facts.spare->code].used = true;
  decision.account.spare_codes = db::PackSpareCodes(codes);
  return decision;
}

// What is left when no proof was of an open token (D9, D10).
Decision Unproved(const Sorted& sorted, bool none) {
  if (sorted.locked) {
    return Refuse(Reason::kLocked);
  }
  if (sorted.unusable != nullptr) {
    Decision decision = Refuse(Reason::kTokenDisabled, Cause::kWrongPin);
    decision.token = sorted.unusable->token;
    return decision;
  }
  return Refuse(none ? Reason::kMalformed : Reason::kWrongCode,
                Cause::kWrongPin);
}

template <typename Wanted>
const Proof* FindProof(const std::vector<const Proof*>& open, Wanted wanted) {
  const auto found = std::find_if(open.begin(), open.end(),
                                  [&](const Proof* p) { return wanted(*p); });
  return found == open.end() ? nullptr : *found;
}

// D5..D10: what the proofs of an open account amount to, account not counted.
Decision Weigh(const LoginFacts& facts, const ThrottlePolicy& policy,
               UnixTime now) {
  const Sorted sorted = Sort(facts.tokens, facts.proofs, policy);
  const auto fresh = [](const Proof& proof) { return proof.fresh.has_value(); };
  if (const Proof* good = FindProof(sorted.open, [&](const Proof& proof) {
        return fresh(proof) && proof.pin_right;
      })) {
    Decision decision = Accept(facts.tokens[good->token], *good, now);
    BurnRest(facts.tokens, sorted.open, decision);
    return decision;
  }
  if (const Proof* burned = FindProof(sorted.open, fresh)) {
    return Burn(facts.tokens, sorted.open, *burned);
  }
  if (const Proof* stale = FindProof(
          sorted.open, [](const Proof& proof) { return proof.stale; })) {
    return Replay(sorted.open, *stale);
  }
  if (facts.spare.has_value()) {
    return WeighSpare(facts, now);
  }
  return sorted.open.empty()
             ? Unproved(sorted, facts.proofs.empty())
             : WrongCode(facts.account, facts.tokens, sorted.open, now);
}

bool IsStranger(const AccountRecord& account) {
  return account.login.empty();
}

// A fresh OTP of a key whose secret is here: 128 bits are not guessed. It
// passes whatever failures there were, like a device password (ADR 15), because
// whoever knows a public id could else keep the key's owner out.
bool IsBeyondGuessing(const TokenRecord& token, std::span<const Proof> proofs) {
  return token.kind == db::TokenKind::kYubico &&
         std::any_of(proofs.begin(), proofs.end(), [](const Proof& proof) {
           return proof.fresh.has_value();
         });
}

}  // namespace

bool IsUsable(const TokenRecord& token) {
  return token.enabled && token.confirmed;
}

void CountOnAccount(const AccountRecord& account, UnixTime now,
                    Decision& decision) {
  if (decision.cause.has_value()) {
    decision.account.throttle = AfterFailure(account.throttle, now);
  } else if (db::IsAccepted(decision.reason) && account.throttle.failures > 0) {
    decision.account.throttle = AfterSuccess(account.throttle);
  }
}

std::optional<Decision> RefuseAtOnce(const AccountRecord& account,
                                     const GateState& gate, UnixTime now) {
  if (!IsStranger(account) && !account.enabled) {  // D2
    return Refuse(Reason::kAccountDisabled);
  }
  if (gate.gate != Gate::kOpen) {  // D3
    return Close(gate);
  }
  if (IsStranger(account)) {  // D1
    Decision decision = Refuse(Reason::kUnknownAccount, Cause::kUnknown);
    CountOnAccount(account, now, decision);
    return decision;
  }
  return std::nullopt;
}

Decision DecideLogin(const LoginFacts& facts, const ThrottlePolicy& policy,
                     UnixTime now) {
  std::optional<Decision> refused =
      RefuseAtOnce(facts.account, facts.gate, now);
  if (refused.has_value()) {
    return *std::move(refused);
  }
  const bool usable =
      std::any_of(facts.tokens.begin(), facts.tokens.end(), IsUsable) ||
      facts.spare.has_value();
  Decision decision = usable || !facts.proofs.empty()
                          ? Weigh(facts, policy, now)
                          : Refuse(Reason::kNoToken, Cause::kWrongPin);  // D4
  CountOnAccount(facts.account, now, decision);
  return decision;
}

Decision DecidePassword(const AccountRecord& account, bool right,
                        UnixTime now) {
  Decision decision = right ? Refuse(Reason::kGoodPassword)
                            : Refuse(Reason::kWrongPassword, Cause::kPassword);
  CountOnAccount(account, now, decision);
  return decision;
}

Decision DecideOtp(const TokenRecord& token, std::span<const Proof> proofs,
                   const GateState& gate, bool confirming,
                   const ThrottlePolicy& policy, UnixTime now) {
  if (!token.enabled || token.confirmed == confirming) {
    return Refuse(Reason::kTokenDisabled);
  }
  const GateState lock = LockGate(policy, token.throttle);
  if (lock.gate != Gate::kOpen) {
    return Close(lock);
  }
  if (gate.gate != Gate::kOpen && !IsBeyondGuessing(token, proofs)) {
    return Close(gate);
  }
  for (const Proof& proof : proofs) {
    if (proof.fresh.has_value()) {
      Decision decision = Accept(token, proof, now);
      if (confirming) {
        decision.tokens.front().second.confirmed = true;
      }
      return decision;
    }
  }
  for (const Proof& proof : proofs) {
    if (proof.stale) {
      Decision decision = Refuse(Reason::kReplayed);
      decision.hints = proof.hints;
      return decision;
    }
  }
  Decision decision = Refuse(
      proofs.empty() ? Reason::kMalformed : Reason::kWrongCode,
      db::IsYubiKey(token.kind) ? Cause::kUndecryptable : Cause::kWrongCode);
  // When it was stays in the row even where it does not lock.
  db::ThrottleState failed = AfterFailure(token.throttle, now);
  failed.failures =
      db::IsYubiKey(token.kind) ? token.throttle.failures : failed.failures;
  TokenChange change;
  change.throttle = failed;
  decision.tokens.emplace_back(0, std::move(change));
  return decision;
}

Decision DecideResync(const TokenRecord& token, const ResyncProof& proof,
                      const ThrottlePolicy& policy, UnixTime now) {
  // The second code is the one a login would have brought: same lock, same
  // forward rule, same counting.
  std::vector<Proof> proofs(1);
  if (proof.found.has_value()) {
    proofs[0].fresh = proof.found->second;
    proofs[0].drift = proof.found->drift;
  }
  Decision decision =
      DecideOtp(token, proofs, GateState{}, /*confirming=*/false, policy, now);
  if (decision.reason == Reason::kWrongCode) {
    decision.reason = Reason::kNotConsecutive;
  }
  return decision;
}

}  // namespace pawl::validator
