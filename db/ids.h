// Ids of rows: 63-bit random numbers, so that they are narrow keys in every
// engine, and opaque texts ("tok_...") outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::db {

// A row id of one table; ids of different tables do not mix. 0 means none and
// is never stored. Valid values fit a signed 64-bit column.
template <typename Tag>
struct Id {
  uint64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

struct AccountTag {
  static constexpr std::string_view kPrefix = "acc_";
};
struct TokenTag {
  static constexpr std::string_view kPrefix = "tok_";
};
struct ClientTag {
  static constexpr std::string_view kPrefix = "cli_";
};
using AccountId = Id<AccountTag>;
using TokenId = Id<TokenTag>;
using ClientId = Id<ClientTag>;

namespace internal {
std::string FormatId(std::string_view prefix, uint64_t value);
std::optional<uint64_t> ParseId(std::string_view prefix, std::string_view text);
}  // namespace internal

// "tok_" + 13 characters of lower-case base32 in Crockford's alphabet: texts
// sort like the numbers.
template <typename Tag>
[[nodiscard]] std::string ToString(Id<Tag> id) {
  return internal::FormatId(Tag::kPrefix, id.value);
}

// The id written by ToString(), exactly, or nullopt.
template <typename Tag>
[[nodiscard]] std::optional<Id<Tag>> ParseId(std::string_view text) {
  const std::optional<uint64_t> value = internal::ParseId(Tag::kPrefix, text);
  if (!value.has_value()) {
    return std::nullopt;
  }
  return Id<Tag>{*value};
}

}  // namespace pawl::db
