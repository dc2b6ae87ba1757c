// Ids of rows: random numbers of at most 63 bits, so that they are narrow keys
// in every engine, and opaque texts ("tok_...") outside.
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

// kDigits base32 digits of five bits each; 13 hold any 63-bit number.
struct AccountTag {
  static constexpr std::string_view kPrefix = "acc_";
  static constexpr size_t kDigits = 13;
};
struct TokenTag {
  static constexpr std::string_view kPrefix = "tok_";
  static constexpr size_t kDigits = 13;
};
struct ClientTag {
  static constexpr std::string_view kPrefix = "cli_";
  static constexpr size_t kDigits = 13;
};
// 40 bits: a device's id is typed by people, as user name and in its password.
struct DeviceTag {
  static constexpr std::string_view kPrefix = "dev_";
  static constexpr size_t kDigits = 8;
};
// A number that follows from what the budget is for; never shown.
struct BudgetTag {
  static constexpr std::string_view kPrefix = "bud_";
  static constexpr size_t kDigits = 13;
};
using AccountId = Id<AccountTag>;
using TokenId = Id<TokenTag>;
using ClientId = Id<ClientTag>;
using DeviceId = Id<DeviceTag>;
using BudgetId = Id<BudgetTag>;

// Crockford's alphabet: no letter looks like a digit, and texts sort like the
// numbers, so that "by id text" and "by row id" are one order.
inline constexpr std::string_view kIdAlphabet =
    "0123456789abcdefghjkmnpqrstvwxyz";
inline constexpr unsigned kBitsPerIdDigit = 5;

// Clients of the Yubico validation protocol have ids of 1 to 10 digits.
inline constexpr uint64_t kMaxWsapiId = 9'999'999'999;

// Device ids are 1 to this.
inline constexpr uint64_t kMaxDeviceId = (uint64_t{1} << 40U) - 1;

namespace internal {
std::string FormatId(std::string_view prefix, size_t digits, uint64_t value);
std::optional<uint64_t> ParseId(std::string_view prefix, size_t digits,
                                std::string_view text);
}  // namespace internal

// "tok_" + the number in lower-case base32 of Crockford's alphabet: texts sort
// like the numbers.
template <typename Tag>
[[nodiscard]] std::string ToString(Id<Tag> id) {
  return internal::FormatId(Tag::kPrefix, Tag::kDigits, id.value);
}

// The id written by ToString(), exactly, or nullopt.
template <typename Tag>
[[nodiscard]] std::optional<Id<Tag>> ParseId(std::string_view text) {
  const std::optional<uint64_t> value =
      internal::ParseId(Tag::kPrefix, Tag::kDigits, text);
  if (!value.has_value()) {
    return std::nullopt;
  }
  return Id<Tag>{*value};
}

}  // namespace pawl::db
