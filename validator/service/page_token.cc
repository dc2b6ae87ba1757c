#include "validator/service/page_token.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/ct_equal.h"

namespace pawl::validator {
namespace {

constexpr size_t kMacSize = 16;

}  // namespace

StatusOr<size_t> PageSize(int64_t asked) {
  if (asked < 0) {
    return InvalidField("page_size", "must not be negative");
  }
  return asked == 0 ? kDefaultPageSize
                    : std::min(static_cast<size_t>(asked), kMaxPageSize);
}

std::string MakePageToken(const KeyedHash& hash, std::string_view list,
                          std::string_view last_key) {
  std::string bytes = hash.PageMac(list, last_key);
  bytes += last_key;
  return HexEncode(AsBytes(bytes));
}

StatusOr<std::string> ReadPageToken(const KeyedHash& hash,
                                    std::string_view list,
                                    std::string_view page_token) {
  if (page_token.empty()) {
    return std::string();
  }
  const std::optional<Bytes> bytes = HexDecode(page_token);
  if (bytes.has_value() && bytes->size() > kMacSize) {
    const std::string_view text = AsText(*bytes);
    const std::string_view key = text.substr(kMacSize);
    if (ConstantTimeEqual(text.substr(0, kMacSize), hash.PageMac(list, key))) {
      return std::string(key);
    }
  }
  return InvalidField("page_token", "is not from an earlier page of this list");
}

}  // namespace pawl::validator
