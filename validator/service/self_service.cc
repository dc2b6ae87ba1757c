#include "validator/service/self_service.h"

#include <algorithm>
#include <utility>

#include "db/spare_codes.h"
#include "validator/core/decide.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

using db::AccountSnapshot;
using db::TokenRecord;

bool HasUsableToken(const AccountSnapshot& account) {
  return std::any_of(account.tokens.begin(), account.tokens.end(), IsUsable);
}

// A code that has expired counts, too: the check says what is wrong with it.
bool HasUnusedSpareCode(const AccountSnapshot& account) {
  const std::vector<db::SpareCode> codes =
      db::UnpackSpareCodes(account.account.spare_codes);
  return std::any_of(codes.begin(), codes.end(),
                     [](const db::SpareCode& code) { return !code.used; });
}

// Whoever calls was proved before.
const std::string& CallerOf(const CallContext& context) {
  const auto* caller = std::get_if<Caller>(&context.who);
  PAWL_CHECK(caller != nullptr);
  return caller->id;
}

// Without `token` no code would open the account any more, though its policy
// asks for codes.
Status CheckDispensable(const AccountSnapshot& account,
                        const TokenRecord& token) {
  const bool others = std::any_of(
      account.tokens.begin(), account.tokens.end(),
      [&](const TokenRecord& t) { return IsUsable(t) && t.id != token.id; });
  return others || !IsUsable(token) ||
                 account.account.policy == db::AccountPolicy::kPassword
             ? OkStatus()
             : FailedPrecondition(
                   "it is the last usable token, and the account's policy asks "
                   "for codes");
}

}  // namespace

bool MayProceed(const Proved& proved) {
  return !proved.has_value() || db::IsAccepted(proved->reason);
}

SelfService::SelfService(const Parts& parts) : parts_(parts) {}

StatusOr<AccountSnapshot> SelfService::Get(std::string_view account) {
  const auto id = db::ParseId<db::AccountTag>(account);
  if (id.has_value()) {
    return parts_.accounts->Get(*id);
  }
  PAWL_ASSIGN_OR_RETURN(const std::string login,
                        NormalizeLogin("account", account));
  return parts_.accounts->Find(login);
}

// Checks the credential and uses it up, for an account that can have one.
StatusOr<Outcome> SelfService::Prove(const AccountSnapshot& account,
                                     std::string_view credential,
                                     const CallContext& context) {
  if (!HasUsableToken(account) && !HasUnusedSpareCode(account)) {
    return FailedPrecondition("the account has no confirmed token yet");
  }
  PAWL_ASSIGN_OR_RETURN(
      Answered answered, Await([&](Done done) {
        parts_.validator->CheckFreshCode(
            {.account = account.account.login, .credential = credential},
            context, std::move(done));
      }));
  // The login may have become another account's since it was looked up.
  const bool same = answered.outcome.account == account.account.id;
  return same || !MayProceed(answered.outcome)
             ? StatusOr<Outcome>(std::move(answered.outcome))
             : Aborted("the account was renamed meanwhile");
}

StatusOr<Proved> SelfService::ChangePin(std::string_view account,
                                        std::string_view credential,
                                        std::string_view new_pin,
                                        const CallContext& context) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(account));
  // Before a code is used up for nothing.
  PAWL_RETURN_IF_ERROR(parts_.accounts->CheckNewPin("new_pin", new_pin));
  PAWL_ASSIGN_OR_RETURN(const Proved proved, Prove(found, credential, context));
  if (MayProceed(proved)) {
    PAWL_RETURN_IF_ERROR(
        parts_.accounts->SetPin(found.account.id, new_pin, CallerOf(context)));
  }
  return proved;
}

StatusOr<Proved> SelfService::ChangePolicy(std::string_view account,
                                           std::string_view credential,
                                           db::AccountPolicy policy,
                                           const CallContext& context) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(account));
  PAWL_ASSIGN_OR_RETURN(const Proved proved, Prove(found, credential, context));
  if (MayProceed(proved)) {
    PAWL_RETURN_IF_ERROR(parts_.accounts->SetPolicy(found.account.id, policy,
                                                    CallerOf(context)));
  }
  return proved;
}

StatusOr<AddedToken> SelfService::AddToken(std::string_view account,
                                           std::string_view credential,
                                           TokenSpec spec,
                                           const CallContext& context) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(account));
  PAWL_RETURN_IF_ERROR(TokenRegistration::Check(spec));
  AddedToken added;
  if (HasUsableToken(found)) {
    PAWL_ASSIGN_OR_RETURN(added.proved, Prove(found, credential, context));
  }
  if (MayProceed(added.proved)) {
    spec.account = found.account.id;
    spec.confirmed = false;
    PAWL_ASSIGN_OR_RETURN(added.token, parts_.registration->Register(
                                           std::move(spec), CallerOf(context)));
  }
  return added;
}

StatusOr<Proved> SelfService::ConfirmToken(std::string_view account,
                                           db::TokenId token,
                                           std::string_view code,
                                           const CallContext& context) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(account));
  PAWL_ASSIGN_OR_RETURN(
      Answered answered, Await([&](Done done) {
        parts_.validator->ConfirmToken(
            {.account = found.account.id, .token = token, .code = code},
            context, std::move(done));
      }));
  Proved proved(std::move(answered.outcome));
  if (MayProceed(proved) && !HasUsableToken(found)) {
    PAWL_RETURN_IF_ERROR(ForgetUnconfirmed(found, token, CallerOf(context)));
  }
  return proved;
}

// Tokens that were enrolled before there was any to prove it with: whoever sat
// at the open page then must not confirm theirs once codes are asked for.
Status SelfService::ForgetUnconfirmed(const AccountSnapshot& account,
                                      db::TokenId confirmed,
                                      const std::string& caller) {
  for (const TokenRecord& token : account.tokens) {
    if (!token.confirmed && token.id != confirmed) {
      const Status deleted = parts_.tokens->Delete(token.id, caller);
      if (deleted.code() != StatusCode::kNotFound) {
        PAWL_RETURN_IF_ERROR(deleted);
      }
    }
  }
  return OkStatus();
}

StatusOr<Proved> SelfService::RemoveToken(std::string_view account,
                                          db::TokenId token,
                                          std::string_view credential,
                                          const CallContext& context) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(account));
  const auto own =
      std::find_if(found.tokens.begin(), found.tokens.end(),
                   [&](const TokenRecord& t) { return t.id == token; });
  if (own == found.tokens.end()) {
    return NotFound("token not found");
  }
  PAWL_RETURN_IF_ERROR(CheckDispensable(found, *own));
  Proved proved;
  if (own->confirmed) {
    PAWL_ASSIGN_OR_RETURN(proved, Prove(found, credential, context));
  }
  if (MayProceed(proved)) {
    PAWL_RETURN_IF_ERROR(parts_.tokens->Delete(token, CallerOf(context)));
  }
  return proved;
}

StatusOr<MadeCodes> SelfService::MakeRecoveryCodes(std::string_view account,
                                                   std::string_view credential,
                                                   const CallContext& context) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found, Get(account));
  MadeCodes made;
  PAWL_ASSIGN_OR_RETURN(made.proved, Prove(found, credential, context));
  if (MayProceed(made.proved)) {
    PAWL_ASSIGN_OR_RETURN(made.codes, parts_.recovery->MakeCodes(
                                          found.account.id, CallerOf(context)));
  }
  return made;
}

}  // namespace pawl::validator
