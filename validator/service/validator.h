// Validator: the only place that does load -> prove -> decide -> commit.
//
// It holds the product's promise. The steps V1..V9 are DESIGN.md's:
//   V1 fields checked, time read once        V6 decide (pure, core/decide.h)
//   V2 attempt_id seen before? answer again  V7 deadline passed? give up
//   V3 load                                  V8 commit: its result decides
//   V4 read the credential                   V9 the one return of a verdict
//   V5 prove (crypto)
// A commit that lost a race is loaded and decided again, at most kMaxRounds
// times. Every doubt is an error and therefore a refusal for the caller.
//
// Thread safety: all methods may be called from any thread. No transaction and
// no lock on a row is held across cryptography. A check that lost a race takes
// its turn among others of the same name inside this process, so that many at
// once do not starve each other.
#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "db/store.h"
#include "validator/service/high_water.h"
#include "validator/service/judge.h"
#include "validator/service/keyed_hash.h"

namespace pawl::validator {

// Who asks, and until when the answer is of use.
struct CallContext {
  std::string caller;          // client id, or "local"
  std::string client_address;  // of the person, as the caller names it
  // True when nobody waits for the answer any more; may be empty.
  std::function<bool()> expired{};
};

struct LoginQuestion {
  std::string_view account;
  std::string_view service;
  std::string_view credential;
  std::string_view attempt_id;
};

struct OtpQuestion {
  std::string_view otp;
  std::string_view attempt_id;
  std::string_view token_id;  // text form, or empty: `otp` names the token
};

class Validator {
 public:
  static constexpr int kMaxRounds = 4;  // one try and three reloads

  struct Options {
    Policy policy;
    Millis attempt_ttl = std::chrono::minutes(10);
  };
  // Everything must outlive the validator.
  Validator(db::Store& store, const Prover& prover, const KeyedHash& hash,
            const Clock& clock, const Options& options);

  // INVALID_ARGUMENT names the field; DEADLINE_EXCEEDED when context.expired()
  // before the commit, and nothing was used up; UNAVAILABLE for every doubt.
  [[nodiscard]] StatusOr<Outcome> CheckLogin(const LoginQuestion& question,
                                             const CallContext& context);
  [[nodiscard]] StatusOr<Outcome> ValidateOtp(const OtpQuestion& question,
                                              const CallContext& context);
  // FAILED_PRECONDITION for Yubico tokens, NOT_FOUND for unknown ones.
  [[nodiscard]] StatusOr<Outcome> ResyncToken(db::TokenId token,
                                              std::string_view first_code,
                                              std::string_view second_code,
                                              const CallContext& context);

 private:
  // An attempt_id in the form it is stored.
  struct Attempt {
    std::string key;
    std::string binding;
  };
  // One round of V3..V6; may be called again when a commit lost a race.
  using Judging = std::function<StatusOr<Judgement>()>;

  [[nodiscard]] std::optional<Attempt> NameAttempt(
      const CallContext& context, std::string_view attempt_id,
      std::initializer_list<std::string_view> question) const;
  [[nodiscard]] StatusOr<std::optional<Judgement>> Recall(
      const std::optional<Attempt>& attempt, UnixTime now);
  [[nodiscard]] Status Reconsider(Outcome& outcome);
  // One try; ABORTED: something changed meanwhile, try again.
  [[nodiscard]] StatusOr<Outcome> Round(const std::optional<Attempt>& attempt,
                                        const CallContext& context,
                                        const db::AuditEntry& audit,
                                        const Judging& judging);
  // `name` is what competing checks have in common: login or token.
  [[nodiscard]] StatusOr<Outcome> Settle(std::string_view name,
                                         const std::optional<Attempt>& attempt,
                                         const CallContext& context,
                                         db::AuditEntry audit, UnixTime now,
                                         const Judging& judging);
  void Complete(const std::optional<Attempt>& attempt, bool recalled,
                const db::AuditEntry& audit, Judgement& judgement) const;
  [[nodiscard]] bool IsBehind(const Judgement& judgement) const;
  void Raise(const db::Commit& commit);

  db::Store* store_;
  const KeyedHash* hash_;
  const Clock* clock_;
  Judge judge_;
  Millis attempt_ttl_;
  HighWater high_water_;
  static constexpr size_t kLanes = 256;
  std::array<std::timed_mutex, kLanes> lanes_;
};

}  // namespace pawl::validator
