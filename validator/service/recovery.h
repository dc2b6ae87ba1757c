// Recovery: ways back in for who has lost a token or PIN.
//
// Recovery and temporary codes lie as keyed hashes in the account's row
// (db/spare_codes.h) and are each good once; validator/core/decide.h uses them
// up. Errors as AccountAdmin's.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "db/spare_codes.h"
#include "db/store.h"
#include "validator/service/admin.h"

namespace pawl::validator {

struct TemporaryCode {
  std::string code{};  // who has shown it wipes it
  UnixTime expires{};
};

// What becomes of the tokens.
enum class ResetTokens { kUnassign, kDisable };

class Recovery {
 public:
  static constexpr size_t kCodes = 10;
  static constexpr Millis kMinTtl = std::chrono::minutes(1);
  static constexpr Millis kDefaultTtl = std::chrono::hours(24);
  static constexpr Millis kMaxTtl = std::chrono::hours(24 * 7);

  explicit Recovery(const AdminParts& parts);

  // kCodes new recovery codes; those made before die. Who has shown them wipes
  // them.
  [[nodiscard]] StatusOr<std::vector<std::string>> MakeCodes(
      db::AccountId id, const std::string& caller);
  // One code that expires; one made before dies. INVALID_ARGUMENT naming "ttl".
  [[nodiscard]] StatusOr<TemporaryCode> MakeTemporaryCode(
      db::AccountId id, Millis ttl, const std::string& caller);
  // Policy PASSWORD, no PIN, no tokens, no spare codes, no sessions, in one
  // commit. A login that was under way has no session either when it returns.
  [[nodiscard]] StatusOr<db::AccountSnapshot> ResetSecondFactor(
      db::AccountId id, ResetTokens tokens, const std::string& caller);

 private:
  [[nodiscard]] std::string NewCode(db::AccountId id,
                                    std::vector<db::SpareCode>& codes,
                                    std::optional<UnixTime> expires) const;
  [[nodiscard]] Status Replace(db::AccountId id,
                               const std::vector<db::SpareCode>& made,
                               db::Event event, UnixTime now,
                               const std::string& caller);
  [[nodiscard]] Status Reset(db::AccountId id, ResetTokens tokens,
                             const std::string& caller);
  [[nodiscard]] Status EndSessions(db::AccountId id, const std::string& caller);

  AdminParts parts_;
};

}  // namespace pawl::validator
