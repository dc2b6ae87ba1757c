// Spare codes: the recovery and temporary codes of one account, as they lie in
// its row (AccountRecord::spare_codes).
//
// Each code is known by its keyed hash only. A used one stays, so that it is
// seen as a replay; the account row's version sees to it that of many who use
// one at the same moment only one can commit.
//
// Plain values; thread safety: like std::vector.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace pawl::db {

struct SpareCode {
  std::string mac{};  // 16 bytes
  bool used = false;
  std::optional<UnixTime> expires = std::nullopt;  // none: a recovery code
  bool operator==(const SpareCode&) const = default;
};

// More than this are never kept for one account.
inline constexpr size_t kMaxSpareCodes = 16;

[[nodiscard]] std::string PackSpareCodes(const std::vector<SpareCode>& codes);
// Whole entries only: what AreSpareCodes() is false for is a bug (PAWL_CHECK).
[[nodiscard]] std::vector<SpareCode> UnpackSpareCodes(std::string_view packed);
// True for what PackSpareCodes() can have written.
[[nodiscard]] bool AreSpareCodes(std::string_view packed);

}  // namespace pawl::db
