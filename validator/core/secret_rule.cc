#include "validator/core/secret_rule.h"

#include <optional>
#include <utility>

#include "base/secret.h"
#include "base/text.h"

namespace pawl::validator {
namespace {

Status CheckNormal(const SecretRule& rule, std::string_view normal) {
  const size_t characters = CountCodePoints(normal).value_or(0);
  if (characters < rule.min_characters || characters > rule.max_characters) {
    return InvalidField(rule.field,
                        "must have " + std::to_string(rule.min_characters) +
                            " to " + std::to_string(rule.max_characters) +
                            " characters");
  }
  if (HasControlCharacters(normal)) {
    return InvalidField(rule.field, "must not have control characters");
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::string> AcceptNewSecret(const SecretRule& rule,
                                      std::string_view chosen) {
  std::optional<std::string> normal = NormalizeNfc(chosen);
  if (!normal.has_value()) {
    return InvalidField(rule.field, "must be valid UTF-8");
  }
  Status checked = CheckNormal(rule, *normal);
  if (!checked.ok()) {
    Wipe(*normal);
    return checked;
  }
  return *std::move(normal);
}

std::string NormalizeTypedSecret(std::string_view typed) {
  std::optional<std::string> normal = NormalizeNfc(typed);
  return normal.has_value() ? *std::move(normal) : std::string(typed);
}

}  // namespace pawl::validator
