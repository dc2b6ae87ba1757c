// Network addresses as people write them.
//
// Pure functions; thread-safe.
#pragma once

#include <string>

namespace pawl {

// True for literal loopback addresses, with or without the brackets of an IPv6
// address in a URL, and for "localhost". What another name means is decided
// elsewhere, so it is not taken for this host.
[[nodiscard]] bool IsLoopback(std::string host);

}  // namespace pawl
