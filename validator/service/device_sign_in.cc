#include "validator/service/device_sign_in.h"

#include <utility>

namespace pawl::validator {
namespace {

constexpr const char* kCaller = "device sign-in";

Status SecondFactorIsOn() {
  return FailedPrecondition(
      "two-factor login is on for this account: make a device password in its "
      "settings");
}

// OK for the right password; else what the program is told.
Status MustBeRight(const Outcome& outcome, db::AccountPolicy default_policy) {
  const db::Reason reason = outcome.reason;
  if (reason == db::Reason::kGoodPassword) {
    return OkStatus();
  }
  if (reason == db::Reason::kPolicy ||
      (reason == db::Reason::kUnknownAccount &&
       default_policy != db::AccountPolicy::kPassword)) {
    return SecondFactorIsOn();
  }
  if (reason == db::Reason::kDelegate) {
    return FailedPrecondition(
        "the account's password is kept by another server");
  }
  return reason == db::Reason::kThrottled
             ? MakeStatus(StatusCode::kResourceExhausted,
                          "too many failures; try again in " +
                              std::to_string(outcome.retry_after.count()) +
                              " ms")
             : MakeStatus(StatusCode::kUnauthenticated,
                          "login and password do not go together");
}

}  // namespace

DeviceSignIn::DeviceSignIn(Validator& validator, AccountAdmin& accounts,
                           DeviceAdmin& devices, std::string service,
                           db::AccountPolicy default_policy)
    : validator_(&validator),
      accounts_(&accounts),
      devices_(&devices),
      service_(std::move(service)),
      default_policy_(default_policy) {}

StatusOr<NewDevice> DeviceSignIn::SignIn(const SignInRequest& request) {
  PAWL_ASSIGN_OR_RETURN(
      const Answered answered, Await([&](Done done) {
        validator_->CheckLogin(
            {.account = request.login,
             .service = service_,
             .credential = request.password},
            {.who = Caller{.id = kCaller,
                           .roles = static_cast<db::Roles>(db::Role::kLogin)},
             .client_address = request.address},
            std::move(done));
      }));
  PAWL_RETURN_IF_ERROR(MustBeRight(answered.outcome, default_policy_));
  PAWL_ASSIGN_OR_RETURN(const db::AccountSnapshot found,
                        accounts_->Get(*answered.outcome.account));
  if (found.account.policy != db::AccountPolicy::kPassword) {
    return SecondFactorIsOn();
  }
  return devices_->Create(found.account.id, request.type, request.name,
                          std::nullopt, kCaller);
}

}  // namespace pawl::validator
