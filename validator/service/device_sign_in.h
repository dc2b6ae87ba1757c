// DeviceSignIn: a program that exchanges the password of its account for a
// device password of its own (mission C10).
//
// Only for accounts whose policy is PASSWORD: with a second factor on, a
// password alone must not open anything new, and the person makes the device
// password in their settings.
//
// Thread safety: all methods may be called from any thread; SignIn() blocks.
#pragma once

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
  std::string address{};  // of who asks
};

class DeviceSignIn {
 public:
  // `service`: what a password is checked for, a sync service.
  // `default_policy`: of new accounts; a name that nobody has is answered like
  // one of them. All must outlive it.
  DeviceSignIn(Validator& validator, AccountAdmin& accounts,
               DeviceAdmin& devices, std::string service,
               db::AccountPolicy default_policy);

  // UNAUTHENTICATED when the password is not right; FAILED_PRECONDITION when it
  // may not be exchanged, or is kept by another server; RESOURCE_EXHAUSTED
  // after too many failures; INVALID_ARGUMENT names "type" or "name".
  [[nodiscard]] StatusOr<NewDevice> SignIn(const SignInRequest& request);

 private:
  Validator* validator_;
  AccountAdmin* accounts_;
  DeviceAdmin* devices_;
  std::string service_;
  db::AccountPolicy default_policy_;
};

}  // namespace pawl::validator
