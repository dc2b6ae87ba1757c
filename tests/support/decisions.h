// What decisions are made of (validator/core/decide.h), and what they change.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "validator/core/decide.h"

namespace pawl::testing {

inline constexpr UnixTime kDecisionTime = FromUnixMillis(1'700'000'000'000);

inline db::ThrottleState Failed(uint32_t failures, Millis ago = Millis{0}) {
  return {.failures = failures, .last_failure = kDecisionTime - ago};
}

// An account with a PIN.
inline db::AccountRecord Person() {
  db::AccountRecord account;
  account.id = {5000};
  account.login = "kim";
  account.pin_mac = std::string(32, 'p');
  return account;
}
inline db::AccountRecord PersonWith(void (*change)(db::AccountRecord&)) {
  db::AccountRecord account = Person();
  change(account);
  return account;
}
inline void WithoutPin(db::AccountRecord& account) {
  account.pin_mac.clear();
}
inline void AsStranger(db::AccountRecord& account) {
  account.login.clear();
  account.pin_mac.clear();
}

inline db::TokenRecord Token(uint64_t id,
                             db::TokenKind kind = db::TokenKind::kHotp) {
  db::TokenRecord token;
  token.id = {id};
  token.kind = kind;
  token.position = 10;
  return token;
}
inline db::TokenRecord TokenWith(uint64_t id,
                                 void (*change)(db::TokenRecord&)) {
  db::TokenRecord token = Token(id);
  change(token);
  return token;
}
inline void Disabled(db::TokenRecord& token) {
  token.enabled = false;
}
inline void Unconfirmed(db::TokenRecord& token) {
  token.confirmed = false;
}
inline void Locked(db::TokenRecord& token) {
  token.throttle = Failed(100);
}

inline validator::Proof Fresh(size_t token, bool pin_right,
                              db::Position position = 11) {
  return {.token = token, .pin_right = pin_right, .fresh = position};
}
inline validator::Proof Stale(size_t token, bool pin_right) {
  return {.token = token, .pin_right = pin_right, .stale = true};
}
inline validator::Proof Wrong(size_t token, bool pin_right = true) {
  return {.token = token, .pin_right = pin_right};
}

inline constexpr validator::GateState kClosedGate{
    .gate = validator::Gate::kThrottled, .retry_after = Millis(1234)};

// Index and new position of each token that moves, in the order of the changes.
using Moves = std::vector<std::pair<size_t, db::Position>>;
inline Moves MovesOf(const validator::Decision& decision) {
  Moves moves;
  for (const auto& [index, change] : decision.tokens) {
    if (change.advance_to.has_value()) {
      moves.emplace_back(index, *change.advance_to);
    }
  }
  return moves;
}

// The failures of the account's row after it; none: it is not written.
inline std::optional<uint32_t> AccountFailures(
    const validator::Decision& decision) {
  return decision.account.throttle.has_value()
             ? std::optional(decision.account.throttle->failures)
             : std::nullopt;
}

// The failures of a token's row after it; none: they are not written.
inline std::optional<uint32_t> TokenFailures(
    const validator::Decision& decision, size_t token = 0) {
  for (const auto& [index, change] : decision.tokens) {
    if (index == token && change.throttle.has_value()) {
      return change.throttle->failures;
    }
  }
  return std::nullopt;
}

}  // namespace pawl::testing
