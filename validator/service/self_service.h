// SelfService: what a person may do to their own account.
//
// Each method acts for one account and reaches nothing of another. Where a
// credential is asked for, it is checked and used up first, as a login whose
// policy asks for a code; when it is refused nothing is changed and its outcome
// is the answer. Errors as AccountAdmin's, and those of Validator::CheckLogin.
//
// Thread safety: all methods may be called from any thread; they block.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "db/store.h"
#include "validator/service/account_admin.h"
#include "validator/service/recovery.h"
#include "validator/service/token_admin.h"
#include "validator/service/token_registration.h"
#include "validator/service/validator.h"

namespace pawl::validator {

// What came of a credential; absent when none was needed.
using Proved = std::optional<Outcome>;
// True when the change it was for may be made.
[[nodiscard]] bool MayProceed(const Proved& proved);

struct AddedToken {
  Proved proved{};
  std::optional<RegisteredToken> token{};  // unless refused
};
struct MadeCodes {
  Proved proved{};
  std::vector<std::string> codes{};  // none when refused
};

class SelfService {
 public:
  // All must outlive it.
  struct Parts {
    Validator* validator = nullptr;
    AccountAdmin* accounts = nullptr;
    TokenAdmin* tokens = nullptr;
    TokenRegistration* registration = nullptr;
    Recovery* recovery = nullptr;
  };
  explicit SelfService(const Parts& parts);

  // `account` is a login name or an account id, here and below; `context` says
  // who calls: a Caller that is proved, no Claim.
  [[nodiscard]] StatusOr<db::AccountSnapshot> Get(std::string_view account);
  // This and all that asks for a credential is FAILED_PRECONDITION when the
  // account has neither a confirmed token nor a spare code to show.
  [[nodiscard]] StatusOr<Proved> ChangePin(std::string_view account,
                                           std::string_view credential,
                                           std::string_view new_pin,
                                           const CallContext& context);
  [[nodiscard]] StatusOr<Proved> ChangePolicy(std::string_view account,
                                              std::string_view credential,
                                              db::AccountPolicy policy,
                                              const CallContext& context);
  // A credential is needed only when the account has a confirmed token already.
  [[nodiscard]] StatusOr<AddedToken> AddToken(std::string_view account,
                                              std::string_view credential,
                                              TokenSpec spec,
                                              const CallContext& context);
  // The first token of an account that is confirmed is the only one: others
  // that wait are forgotten.
  [[nodiscard]] StatusOr<Proved> ConfirmToken(std::string_view account,
                                              db::TokenId token,
                                              std::string_view code,
                                              const CallContext& context);
  // A credential is needed for a confirmed token. FAILED_PRECONDITION for the
  // last usable one under a policy that asks for codes.
  [[nodiscard]] StatusOr<Proved> RemoveToken(std::string_view account,
                                             db::TokenId token,
                                             std::string_view credential,
                                             const CallContext& context);
  [[nodiscard]] StatusOr<MadeCodes> MakeRecoveryCodes(
      std::string_view account, std::string_view credential,
      const CallContext& context);

 private:
  [[nodiscard]] StatusOr<Outcome> Prove(const db::AccountSnapshot& account,
                                        std::string_view credential,
                                        const CallContext& context);
  [[nodiscard]] Status ForgetUnconfirmed(const db::AccountSnapshot& account,
                                         db::TokenId confirmed,
                                         const std::string& caller);

  Parts parts_;
};

}  // namespace pawl::validator
