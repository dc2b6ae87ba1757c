// Validator: the questions a door may ask, and what all checks share.
//
// It checks the fields, reads the clock once (V1) and starts a Check, which
// does the rest without holding a thread (validator/service/check.h).
//
// Thread safety: all methods may be called from any thread. The validator must
// be idle when it is destroyed: every question has been answered.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "db/committer.h"
#include "db/record_cache.h"
#include "validator/service/cache_warmer.h"
#include "validator/service/check.h"
#include "validator/service/metrics.h"

namespace pawl::validator {

// The browser or program of a login.
struct LoginDevice {
  std::string_view type{};
  std::string_view name{};
  std::vector<std::string> session_services{};  // empty: no session
};

// One submission of a login form, or one login of a program. The views must
// live until the answer.
struct LoginCheck {
  std::string_view account{};
  std::string_view service{};
  std::string_view credential{};
  std::string_view attempt_id{};
  std::optional<LoginDevice> device = std::nullopt;
};

// PIN and a fresh code of an account, whatever its policy: what a person shows
// before a change of their own settings.
struct FreshCodeCheck {
  std::string_view account{};  // login
  std::string_view credential{};
};

// The first code of a token that its owner has enrolled.
struct ConfirmationCheck {
  db::AccountId account{};
  db::TokenId token{};
  std::string_view code{};
};

// A device that asks whether its own password is good, for no service.
struct DeviceCheck {
  std::string_view user_name{};
  std::string_view password{};
};

struct OtpCheck {
  std::string_view otp{};
  std::string_view attempt_id{};
  std::string_view token_id{};  // text form, or empty: `otp` names the token
  // Of the Yubico protocol, instead of an attempt_id; or empty. The same `otp`
  // with the same nonce again is refused: told from other replays by
  // kRepeatedAttempt when it was used up, not counted again when it was wrong.
  std::string_view nonce{};
};

struct ResyncCheck {
  db::TokenId token{};
  std::string_view first_code{};
  std::string_view second_code{};
};

class Validator {
 public:
  struct Options {
    Policy policy{};
    BudgetPolicies budgets{};
    Networks trusted{};  // addresses that are usual for everybody
    PasswordHasher::Options passwords{};
    Millis attempt_ttl = std::chrono::minutes(10);
    size_t cache_bytes = size_t{288} << 20U;  // a million accounts
    Cloud* cloud = nullptr;  // outlives the validator; none: UNAVAILABLE
  };
  // Everything must outlive the validator.
  Validator(db::Store& store, const Prover& prover, const KeyedHash& hash,
            const Catalogue& catalogue, const Clock& clock, Rng& rng,
            const Options& options);
  ~Validator();
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  // Each calls `done` exactly once, perhaps before it returns. Beside the
  // errors of Check::Start(), INVALID_ARGUMENT names the field. A claim needs
  // the role `login`; for a resync, `admin`.
  void CheckLogin(const LoginCheck& check, CallContext context, Done done);
  void ValidateOtp(const OtpCheck& check, CallContext context, Done done);
  // The roles `self_service` and `admin` may ask these two.
  void CheckFreshCode(const FreshCodeCheck& check, CallContext context,
                      Done done);
  void ConfirmToken(const ConfirmationCheck& check, CallContext context,
                    Done done);
  void CheckDevice(const DeviceCheck& check, CallContext context, Done done);
  void ResyncToken(const ResyncCheck& check, CallContext context, Done done);

  // Where account passwords are hashed, new ones too.
  [[nodiscard]] PasswordHasher& hasher() { return hasher_; }

  // What was written for checks so far.
  [[nodiscard]] db::Committer::Counts Counts() const {
    return committer_.counts();
  }

  [[nodiscard]] Metrics& metrics() { return metrics_; }

  // Starts to fill the cache; it may be called once.
  void WarmUp() { warmer_.Start(); }

 private:
  // Checks the fields of what is asked and fills them into `request`.
  Status Describe(const LoginCheck& check, const CallContext& context,
                  Check::Request& request) const;
  Status Describe(const OtpCheck& check, const CallContext& context,
                  Check::Request& request) const;
  static Status Describe(const FreshCodeCheck& check,
                         const CallContext& context, Check::Request& request);
  static Status Describe(const ConfirmationCheck& check,
                         const CallContext& context, Check::Request& request);
  static Status Describe(const DeviceCheck& check, const CallContext& context,
                         Check::Request& request);
  static Status Describe(const ResyncCheck& check, const CallContext& context,
                         Check::Request& request);
  template <typename Asked>
  void Start(const Asked& asked, CallContext context, Done done);
  [[nodiscard]] StatusOr<AskedDevice> Describe(const LoginDevice& device) const;
  [[nodiscard]] std::string NewSeed() const;
  [[nodiscard]] std::optional<Attempt> NameAttempt(
      const CallContext& context, std::string_view attempt_id,
      std::initializer_list<std::string_view> question) const;

  Metrics metrics_;
  const KeyedHash* hash_;
  const Catalogue* catalogue_;
  const Clock* clock_;
  Rng* rng_;
  Places places_;
  DeviceUses uses_;
  PasswordHasher hasher_;  // stopped first, gone after what asks it
  Judge judge_;
  HighWater high_water_;
  Lanes<Check*> lanes_;
  db::RecordCache cache_;
  CacheWarmer warmer_;
  db::Loader loader_;
  db::Committer committer_;
  Check::Parts parts_;
};

// Asks and waits: for callers with a thread of their own. `ask(done)` starts a
// check.
[[nodiscard]] StatusOr<Answered> Await(
    const std::function<void(Done done)>& ask);

}  // namespace pawl::validator
