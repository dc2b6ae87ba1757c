#include "validator/core/pin.h"

#include "validator/core/secret_rule.h"

namespace pawl::validator {

StatusOr<std::string> AcceptNewPin(std::string_view pin, size_t min_characters,
                                   std::string_view field) {
  return AcceptNewSecret({.field = field,
                          .min_characters = min_characters,
                          .max_characters = kMaxPinCharacters},
                         pin);
}

std::string NormalizeTypedPin(std::string_view pin) {
  return NormalizeTypedSecret(pin);
}

}  // namespace pawl::validator
