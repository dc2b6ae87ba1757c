#include "validator/core/account_password.h"

#include "validator/core/secret_rule.h"

namespace pawl::validator {

StatusOr<std::string> AcceptNewPassword(std::string_view password) {
  return AcceptNewSecret({.field = "password",
                          .min_characters = kMinPasswordCharacters,
                          .max_characters = kMaxPasswordCharacters},
                         password);
}

std::string NormalizeTypedPassword(std::string_view password) {
  return NormalizeTypedSecret(password);
}

}  // namespace pawl::validator
