// Page tokens: the opaque "next page" of a list.
//
// A token is the last key of the page before, with a keyed hash that binds it
// to the list and its filter: a caller can neither forge nor reuse it for
// another list. Keyset paging: entries that come and go in between neither
// repeat nor hide others.
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "validator/service/keyed_hash.h"

namespace pawl::validator {

inline constexpr size_t kDefaultPageSize = 100;
inline constexpr size_t kMaxPageSize = 1000;

// The size to use: 0 means the default, too much is cut. INVALID_ARGUMENT for
// the field "page_size" when negative.
[[nodiscard]] StatusOr<size_t> PageSize(int64_t asked);

// `list` names the list together with its filter.
[[nodiscard]] std::string MakePageToken(const KeyedHash& hash,
                                        std::string_view list,
                                        std::string_view last_key);

// The key in `page_token`, "" for an empty token; INVALID_ARGUMENT for the
// field "page_token" when it was not made by MakePageToken for this list.
[[nodiscard]] StatusOr<std::string> ReadPageToken(const KeyedHash& hash,
                                                  std::string_view list,
                                                  std::string_view page_token);

}  // namespace pawl::validator
