// HelpDesk: how a credential would be read, for who is called when a login
// fails.
//
// It uses nothing up, counts no failure, and never tells whether a PIN or
// password is right: that would make every administrator's key an oracle. Each
// question is audited, and throttled for each account.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "db/store.h"
#include "validator/core/access.h"
#include "validator/core/throttle.h"
#include "validator/service/admin.h"
#include "validator/service/prover.h"

namespace pawl::validator {

enum class Freshness { kNone, kFresh, kStale };

// One way to read a credential. `device` is that of the number in it, when the
// account has it; whether the rest is right is not told.
struct ExplainedReading {
  CredentialKind kind = CredentialKind::kCode;
  bool recovery_code = false;  // with kCode
  size_t pin_length = 0;       // characters
  std::optional<db::TokenRecord> token = std::nullopt;
  std::optional<db::DeviceId> device = std::nullopt;
  Freshness freshness = Freshness::kNone;
  // Fresh: from the last position; 1 is the next, 0: there is none to count
  // from.
  uint64_t distance = 0;
  int64_t drift = 0;  // fresh TOTP, mOTP: steps
  db::Hints hints = 0;
  std::optional<db::Reason> obstacle = std::nullopt;
};

struct Explanation {
  std::vector<CredentialKind> permitted{};  // none without a service
  std::vector<ExplainedReading> readings{};
};

class HelpDesk {
 public:
  // Prover and catalogue must outlive it. `throttle` says what is locked.
  HelpDesk(const AdminParts& parts, const Prover& prover,
           const Catalogue& catalogue, const ThrottlePolicy& throttle);

  // `account` is a login; `service` may be empty. INVALID_ARGUMENT naming the
  // field, NOT_FOUND, RESOURCE_EXHAUSTED when the account was asked about too
  // often.
  [[nodiscard]] StatusOr<Explanation> Explain(std::string_view account,
                                              std::string_view service,
                                              std::string_view credential,
                                              const std::string& caller);

 private:
  [[nodiscard]] Status Count(const db::AccountRecord& account, UnixTime now,
                             const std::string& service,
                             const std::string& caller);
  [[nodiscard]] StatusOr<std::vector<ExplainedReading>> Read(
      const db::AccountSnapshot& account, const Service* service,
      std::string_view credential, UnixTime now);
  [[nodiscard]] StatusOr<std::vector<ExplainedReading>> ReadTokens(
      const db::AccountSnapshot& account, const Service* service,
      std::string_view credential, UnixTime now) const;
  void ReadSpareCodes(const db::AccountRecord& account, const Service* service,
                      std::string_view credential, UnixTime now,
                      std::vector<ExplainedReading>& readings) const;
  [[nodiscard]] Status ReadDevice(
      const db::AccountRecord& account, const Service* service,
      std::string_view credential, UnixTime now,
      std::vector<ExplainedReading>& readings) const;

  AdminParts parts_;
  const Prover* prover_;
  const Catalogue* catalogue_;
  ThrottlePolicy throttle_;
};

}  // namespace pawl::validator
