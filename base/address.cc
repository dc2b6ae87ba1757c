#include "base/address.h"

#include <cstdint>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace pawl {

bool IsLoopback(std::string host) {
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
