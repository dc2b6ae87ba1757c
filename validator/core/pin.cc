#include "validator/core/pin.h"

#include <optional>

#include "base/text.h"

namespace pawl::validator {

StatusOr<std::string> AcceptNewPin(std::string_view pin,
                                   size_t min_characters) {
  const std::optional<std::string> normal = NormalizeNfc(pin);
  if (!normal.has_value()) {
    return InvalidField("pin", "must be valid UTF-8");
  }
  const size_t characters = CountCodePoints(*normal).value_or(0);
  if (characters < min_characters || characters > kMaxPinCharacters) {
    return InvalidField("pin", "must have " + std::to_string(min_characters) +
                                   " to " + std::to_string(kMaxPinCharacters) +
                                   " characters");
  }
  if (HasControlCharacters(*normal)) {
    return InvalidField("pin", "must not have control characters");
  }
  return *normal;
}

std::string NormalizeTypedPin(std::string_view pin) {
  return NormalizeNfc(pin).value_or(std::string(pin));
}

}  // namespace pawl::validator
