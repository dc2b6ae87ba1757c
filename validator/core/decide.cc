#include "validator/core/decide.h"

#include <algorithm>
#include <set>

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::Reason;
using db::ThrottleState;
using db::TokenChange;
using db::TokenRecord;

// Which refusals are guesses, and so count as a failure: all that looked at
// what was typed, but not a replay, which anyone who saw an old code can send.
bool IsGuess(Reason reason) {
  switch (reason) {
    case Reason::kWrongCode:
    case Reason::kWrongPin:
    case Reason::kMalformed:
    case Reason::kUnknownAccount:
    case Reason::kUnknownToken:
    case Reason::kTokenDisabled:
    case Reason::kNoToken:
    case Reason::kNotConsecutive:
      return true;
    case Reason::kGoodCode:
    case Reason::kReplayed:
    case Reason::kThrottled:
    case Reason::kLocked:
    case Reason::kAccountDisabled:
    case Reason::kAttemptReused:
      return false;
  }
  return true;
}

Decision Refuse(Reason reason) {
  Decision decision;
  decision.reason = reason;
  decision.guess = IsGuess(reason);
  return decision;
}

// The refusal of a closed gate.
Decision Close(const ThrottleStep& step) {
  if (step.gate == Gate::kLocked) {
    return Refuse(Reason::kLocked);
  }
  Decision decision = Refuse(Reason::kThrottled);
  decision.retry_after = step.retry_after;
  return decision;
}

// The state to store, or nothing when it would not change.
std::optional<ThrottleState> NextState(const Policy& policy,
                                       const ThrottleState& state,
                                       ThrottleEvent event, UnixTime now) {
  const ThrottleState next = Step(policy.throttle, state, event, now).next;
  return next == state ? std::nullopt : std::optional(next);
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

Decision Accept(const TokenRecord& token, const Proof& proof,
                const Policy& policy, UnixTime now) {
  Decision decision = Refuse(Reason::kGoodCode);
  TokenChange change = Consume(token, proof);
  change.throttle =
      NextState(policy, token.throttle, ThrottleEvent::kSuccess, now);
  change.used_at = now;
  decision.token = proof.token;
  decision.hints = proof.hints;
  decision.tokens.emplace_back(proof.token, change);
  return decision;
}

// A token's gate for this check: kOpen, or why its codes are not looked at.
ThrottleStep TokenGate(const TokenRecord& token, const Policy& policy,
                       UnixTime now) {
  return Step(policy.throttle, token.throttle, ThrottleEvent::kAsk, now);
}

// The proofs of a login sorted by what they can still do.
struct Sorted {
  std::vector<const Proof*> open;      // token enabled, gate open
  const Proof* disabled = nullptr;     // a fresh code of a disabled token
  std::optional<ThrottleStep> closed;  // a gate that kept proofs out
};

Sorted Sort(std::span<const TokenRecord> tokens, std::span<const Proof> proofs,
            const Policy& policy, UnixTime now) {
  Sorted sorted;
  for (const Proof& proof : proofs) {
    const TokenRecord& token = tokens[proof.token];
    if (!token.enabled) {
      if (proof.fresh.has_value()) {
        sorted.disabled = &proof;
      }
      continue;
    }
    const ThrottleStep gate = TokenGate(token, policy, now);
    if (gate.gate == Gate::kOpen) {
      sorted.open.push_back(&proof);
    } else {
      sorted.closed = gate;
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
  Decision decision = Refuse(Reason::kWrongPin);
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

// A wrong code counts on a token only when it can be no other's: else one
// person's typing errors would lock the token in the drawer.
void CountOnToken(std::span<const TokenRecord> tokens,
                  const std::vector<const Proof*>& open, const Policy& policy,
                  UnixTime now, Decision& decision) {
  if (OfSeveralTokens(open)) {
    return;
  }
  const size_t token = open.front()->token;
  TokenChange change;
  change.throttle =
      NextState(policy, tokens[token].throttle, ThrottleEvent::kFailure, now);
  decision.token = token;
  decision.tokens.emplace_back(token, change);
}

// A stale code is no guess, unless the same text was also tried on another
// token: then it counts like a wrong code, or an old code of one token would
// pay for guesses at the other.
Decision Replay(const std::vector<const Proof*>& open, const Proof& stale) {
  Decision decision = Refuse(Reason::kReplayed);
  decision.token = stale.token;
  decision.guess = OfSeveralTokens(open);
  return decision;
}

// D5..D10: what the proofs of an open account amount to, account not counted.
Decision Weigh(std::span<const TokenRecord> tokens,
               std::span<const Proof> proofs, const Policy& policy,
               UnixTime now) {
  const Sorted sorted = Sort(tokens, proofs, policy, now);
  const auto fresh = [](const Proof* proof) {
    return proof->fresh.has_value();
  };
  const auto good = std::find_if(
      sorted.open.begin(), sorted.open.end(),
      [&](const Proof* proof) { return fresh(proof) && proof->pin_right; });
  if (good != sorted.open.end()) {
    Decision decision = Accept(tokens[(*good)->token], **good, policy, now);
    BurnRest(tokens, sorted.open, decision);
    return decision;
  }
  const auto burned =
      std::find_if(sorted.open.begin(), sorted.open.end(), fresh);
  if (burned != sorted.open.end()) {
    return Burn(tokens, sorted.open, **burned);
  }
  const auto stale =
      std::find_if(sorted.open.begin(), sorted.open.end(),
                   [](const Proof* proof) { return proof->stale; });
  if (stale != sorted.open.end()) {
    return Replay(sorted.open, **stale);
  }
  if (!sorted.open.empty()) {
    Decision decision = Refuse(Reason::kWrongCode);
    CountOnToken(tokens, sorted.open, policy, now, decision);
    return decision;
  }
  if (sorted.closed.has_value()) {
    return Close(*sorted.closed);
  }
  if (sorted.disabled != nullptr) {
    Decision decision = Refuse(Reason::kTokenDisabled);
    decision.token = sorted.disabled->token;
    return decision;
  }
  return Refuse(proofs.empty() ? Reason::kMalformed : Reason::kWrongCode);
}

bool IsStranger(const AccountRecord& account) {
  return account.login.empty();
}

void CountOnAccount(const AccountRecord& account, const Policy& policy,
                    UnixTime now, Decision& decision) {
  if (decision.reason == Reason::kGoodCode) {
    decision.account.throttle =
        NextState(policy, account.throttle, ThrottleEvent::kSuccess, now);
  } else if (decision.guess) {
    decision.account.throttle =
        NextState(policy, account.throttle, ThrottleEvent::kFailure, now);
  }
}

}  // namespace

Decision DecideLogin(const AccountRecord& account,
                     std::span<const TokenRecord> tokens,
                     std::span<const Proof> proofs, const Policy& policy,
                     UnixTime now) {
  if (IsStranger(account)) {  // D1
    Decision decision = Refuse(Reason::kUnknownAccount);
    CountOnAccount(account, policy, now, decision);
    return decision;
  }
  if (!account.enabled) {  // D2
    return Refuse(Reason::kAccountDisabled);
  }
  const ThrottleStep gate =
      Step(policy.throttle, account.throttle, ThrottleEvent::kAsk, now);
  if (gate.gate != Gate::kOpen) {  // D3
    Decision decision = Close(gate);
    if (gate.next != account.throttle) {
      decision.account.throttle = gate.next;  // the clock was set back
    }
    return decision;
  }
  const bool usable =
      std::any_of(tokens.begin(), tokens.end(),
                  [](const TokenRecord& token) { return token.enabled; });
  Decision decision = usable || !proofs.empty()
                          ? Weigh(tokens, proofs, policy, now)
                          : Refuse(Reason::kNoToken);  // D4
  CountOnAccount(account, policy, now, decision);
  return decision;
}

Decision DecideOtp(const TokenRecord& token, std::span<const Proof> proofs,
                   const Policy& policy, UnixTime now) {
  if (!token.enabled) {
    return Refuse(Reason::kTokenDisabled);
  }
  const ThrottleStep gate = TokenGate(token, policy, now);
  if (gate.gate != Gate::kOpen) {
    Decision decision = Close(gate);
    if (gate.next != token.throttle) {
      decision.tokens.emplace_back(0, TokenChange{.throttle = gate.next});
    }
    return decision;
  }
  for (const Proof& proof : proofs) {
    if (proof.fresh.has_value()) {
      return Accept(token, proof, policy, now);
    }
  }
  const bool replayed =
      std::any_of(proofs.begin(), proofs.end(),
                  [](const Proof& proof) { return proof.stale; });
  if (replayed) {
    return Refuse(Reason::kReplayed);
  }
  Decision decision =
      Refuse(proofs.empty() ? Reason::kMalformed : Reason::kWrongCode);
  decision.tokens.emplace_back(
      0, TokenChange{.throttle = NextState(policy, token.throttle,
                                           ThrottleEvent::kFailure, now)});
  return decision;
}

Decision DecideResync(const TokenRecord& token, const ResyncProof& proof,
                      const Policy& policy, UnixTime now) {
  // The second code is the one a login would have brought: same gate, same
  // forward rule, same counting.
  std::vector<Proof> proofs(1);
  if (proof.found.has_value()) {
    proofs[0].fresh = proof.found->second;
    proofs[0].drift = proof.found->drift;
  }
  Decision decision = DecideOtp(token, proofs, policy, now);
  if (decision.reason == Reason::kWrongCode) {
    decision.reason = Reason::kNotConsecutive;
  }
  return decision;
}

}  // namespace pawl::validator
