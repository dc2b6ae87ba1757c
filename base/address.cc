#include "base/address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace pawl {
namespace {

using Address = std::array<uint8_t, 16>;
constexpr size_t kMappedBytes = 12;  // of ::ffff:0:0/96
constexpr unsigned kMappedBits = 8 * kMappedBytes;
constexpr unsigned kBits = 128;

bool IsMapped(const Address& address) {
  constexpr std::array<uint8_t, kMappedBytes> kMapped = {
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

// inet_pton() stops at a NUL and would not see what is behind it.
bool HasNul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::optional<Address> ParseAddress(std::string_view text) {
  if (HasNul(text)) {
    return std::nullopt;
  }
  const std::string host(text);
  Address address{};
  if (inet_pton(AF_INET6, host.c_str(), address.data()) == 1) {
    return address;
  }
  address[kMappedBytes - 2] = 0xff;
  address[kMappedBytes - 1] = 0xff;
  if (inet_pton(AF_INET, host.c_str(), address.data() + kMappedBytes) == 1) {
    return address;
  }
  return std::nullopt;
}

// True when both begin with the same `bits`.
bool SameNetwork(const Address& a, const Address& b, unsigned bits) {
  const size_t whole = bits / 8;
  const auto mask = static_cast<uint8_t>(0xff00U >> bits % 8);
  return std::equal(a.begin(), a.begin() + whole, b.begin()) &&
         (bits % 8 == 0 || ((a.at(whole) ^ b.at(whole)) & mask) == 0);
}

}  // namespace

std::string PlaceOf(std::string_view text) {
  constexpr size_t kHousehold = 8;  // bytes of a /64
  std::optional<Address> address = ParseAddress(text);
  if (!address.has_value()) {
    return std::string(text);
  }
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (IsMapped(*address)) {
    inet_ntop(AF_INET, address->data() + kMappedBytes, out.data(), out.size());
    return out.data();
  }
  std::fill(address->begin() + kHousehold, address->end(), uint8_t{0});
  inet_ntop(AF_INET6, address->data(), out.data(), out.size());
  return std::string(out.data()) + "/64";
}

std::optional<Networks::Network> Networks::ParseOne(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const std::optional<Address> address = ParseAddress(text.substr(0, slash));
  if (!address.has_value()) {
    return std::nullopt;
  }
  Network network{.address = *address, .bits = kBits};
  if (slash == text.size()) {
    return network;
  }
  const bool is_four = text.find(':') == std::string_view::npos;
  const unsigned most = is_four ? kBits - kMappedBits : kBits;
  const std::string_view bits = text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(bits.data(), bits.data() + bits.size(), network.bits);
  if (bits.empty() || error != std::errc() || end != bits.end() ||
      network.bits > most) {
    return std::nullopt;
  }
  network.bits += is_four ? kMappedBits : 0;
  return network;
}

std::optional<Networks> Networks::Parse(std::string_view text) {
  Networks networks;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) {
      const std::optional<Network> network = ParseOne(text.substr(0, end));
      if (!network.has_value()) {
        return std::nullopt;
      }
      networks.networks_.push_back(*network);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return networks;
}

bool Networks::Contain(std::string_view text) const {
  const std::optional<Address> address = ParseAddress(text);
  return address.has_value() &&
         std::any_of(
             networks_.begin(), networks_.end(), [&](const Network& network) {
               return SameNetwork(*address, network.address, network.bits);
             });
}

bool IsLoopback(std::string host) {
  if (HasNul(host)) {
    return false;
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) {
    constexpr uint32_t kLoopbackNet = 127;
    return (ntohl(four.s_addr) >> 24U) == kLoopbackNet;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&six);
  }
  return host == "localhost";
}

}  // namespace pawl
