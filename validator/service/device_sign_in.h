// DeviceSignIn: a program that exchanges the password of its account for a
// device password of its own (mission C10).
//
// Only for accounts whose policy is PASSWORD: with a second factor on, a
// password alone must not open anything new, and the person makes the device
// password in their settings.
//
// Thread safety: all methods may be called from any thread; SignIn() blocks.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "validator/service/account_admin.h"
#include "validator/service/device_admin.h"
#include "validator/service/validator.h"

namespace pawl::validator {

struct SignInRequest {
  std::string login{};
  std::string password{};  // Secret
  std::string type{};
  std::string name{};
  std::string address{};            // of who asks
  std::function<bool()> expired{};  // as CallContext::expired
};

class DeviceSignIn {
 public:
  // `service`: what a password is checked for, a sync service. All must
  // outlive it.
  DeviceSignIn(Validator& validator, AccountAdmin& accounts,
               DeviceAdmin& devices, std::string service);

  // UNAUTHENTICATED when the password is not right, or not looked at because
  // the policy lets it open nothing; FAILED_PRECONDITION when it is right and
  // may not be exchanged; RESOURCE_EXHAUSTED after too many failures; ABORTED
  // when the account was changed meanwhile: nothing was made, try again;
  // INVALID_ARGUMENT names "type" or "name".
  [[nodiscard]] StatusOr<NewDevice> SignIn(const SignInRequest& request);

 private:
  Validator* validator_;
  AccountAdmin* accounts_;
  DeviceAdmin* devices_;
  std::string service_;
};

}  // namespace pawl::validator
