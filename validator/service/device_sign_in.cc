#include "validator/service/device_sign_in.h"

#include <utility>

#include "base/await.h"
#include "base/secret.h"
#include "validator/core/account_password.h"

namespace pawl::validator {
namespace {

constexpr const char* kCaller = "device sign-in";

// OK for the right password. All else is one answer, so that nobody learns
// which names there are, and of what kind.
Status MustBeRight(const Outcome& outcome) {
  if (outcome.reason == db::Reason::kGoodPassword) {
    return OkStatus();
  }
  return outcome.reason == db::Reason::kThrottled
             ? MakeStatus(StatusCode::kResourceExhausted,
                          "too many failures; try again in " +
                              std::to_string(outcome.retry_after.count()) +
                              " ms")
             : MakeStatus(
                   StatusCode::kUnauthenticated,
                   "login and password do not go together, or two-factor "
                   "login is on: then make a device password in the "
                   "settings");
}

// Most names have no password here to compare with: the time tells no more than
// the answer does.
void CompareInVain(PasswordHasher& hasher, std::string_view typed) {
  std::string normal = NormalizeTypedPassword(typed);
  SecretBytes password(normal);
  Wipe(normal);
  (void)AwaitAnswer<PasswordHasher::Verified>(
      [&](PasswordHasher::VerifyDone done) {
        hasher.Verify(hasher.decoy_phc(), std::move(password), std::move(done));
      });
}

}  // namespace

DeviceSignIn::DeviceSignIn(Validator& validator, AccountAdmin& accounts,
                           DeviceAdmin& devices, std::string service)
    : validator_(&validator),
      accounts_(&accounts),
      devices_(&devices),
      service_(std::move(service)) {}

StatusOr<NewDevice> DeviceSignIn::SignIn(const SignInRequest& request) {
  PAWL_ASSIGN_OR_RETURN(
      const Answered answered, Await([&](Done done) {
        validator_->CheckLogin(
            {.account = request.login,
             .service = service_,
             .credential = request.password},
            {.who = Caller{.id = kCaller,
                           .roles = static_cast<db::Roles>(db::Role::kLogin)},
             .client_address = request.address,
             .expired = request.expired},
            std::move(done));
      }));
  if (!answered.compared_password &&
      answered.outcome.reason != db::Reason::kThrottled) {
    CompareInVain(validator_->hasher(), request.password);
  }
  PAWL_RETURN_IF_ERROR(MustBeRight(answered.outcome));
  const db::AccountId account = *answered.outcome.account;
  PAWL_ASSIGN_OR_RETURN(const db::AccountSnapshot found,
                        accounts_->Get(account));
  if (found.account.policy != db::AccountPolicy::kPassword) {
    return FailedPrecondition(
        "two-factor login is on for this account: make a device password in "
        "its settings");
  }
  // Only for the account that the password was right for: somebody may have
  // changed it meanwhile.
  return devices_->Create(account, request.type, request.name, std::nullopt,
                          kCaller, answered.outcome.account_version);
}

}  // namespace pawl::validator
