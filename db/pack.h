// Pack: records as short byte strings, for keeping very many of them in memory.
//
// Not a stored format: it may change with every build.
//
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "db/store.h"

namespace pawl::db {

[[nodiscard]] std::string Pack(const AccountSnapshot& snapshot);
[[nodiscard]] std::string Pack(const TokenRecord& token);
[[nodiscard]] std::string Pack(const ClientRecord& client);

// What Pack() has written; anything else is a bug (PAWL_CHECK).
void Unpack(std::string_view packed, AccountSnapshot& snapshot);
void Unpack(std::string_view packed, TokenRecord& token);
void Unpack(std::string_view packed, ClientRecord& client);

}  // namespace pawl::db
