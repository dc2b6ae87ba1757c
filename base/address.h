// Network addresses as people write them.
//
// Thread safety: pure functions, and values like std::vector.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// True for literal loopback addresses, with or without the brackets of an IPv6
// address in a URL, and for "localhost". What another name means is decided
// elsewhere, so it is not taken for this host.
[[nodiscard]] bool IsLoopback(std::string host);

// What counts as one place: an IPv4 address, also when it is written as IPv6;
// the /64 network of an IPv6 address, because one household has all of it; any
// other text as it is.
[[nodiscard]] std::string PlaceOf(std::string_view address);

// A set of networks.
class Networks {
 public:
  // "192.0.2.0/24 2001:db8::/32 198.51.100.7": blanks between. nullopt when one
  // of them is none.
  [[nodiscard]] static std::optional<Networks> Parse(std::string_view text);
  // False for what is no address.
  [[nodiscard]] bool Contain(std::string_view address) const;

 private:
  // IPv4 as IPv6 (::ffff:a.b.c.d).
  using Address = std::array<uint8_t, 16>;
  struct Network {
    Address address{};
    unsigned bits = 0;
  };
  [[nodiscard]] static std::optional<Network> ParseOne(std::string_view text);
  std::vector<Network> networks_;
};

}  // namespace pawl
