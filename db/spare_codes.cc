#include "db/spare_codes.h"

#include "base/bytes.h"
#include "base/status.h"

namespace pawl::db {
namespace {

// mac, state, expiry in milliseconds since 1970 (big-endian, 0: never).
constexpr size_t kMac = 16;
constexpr size_t kTime = 8;
constexpr size_t kEntry = kMac + 1 + kTime;
constexpr uint64_t kNever = 0;
constexpr char kFresh = 0;
constexpr char kUsed = 1;

// 1970 itself is a millisecond later: never must not be what it says.
uint64_t TimeOf(const std::optional<UnixTime>& expires) {
  if (!expires.has_value()) {
    return kNever;
  }
  const auto time = static_cast<uint64_t>(ToUnixMillis(*expires));
  return time == kNever ? 1 : time;
}

}  // namespace

std::string PackSpareCodes(const std::vector<SpareCode>& codes) {
  std::string packed;
  for (const SpareCode& code : codes) {
    PAWL_CHECK(code.mac.size() == kMac);
    packed += code.mac;
    packed += code.used ? kUsed : kFresh;
    const uint64_t expires = TimeOf(code.expires);
    for (size_t left = kTime; left > 0; --left) {
      packed += static_cast<char>(expires >> (8 * (left - 1)) & 0xffU);
    }
  }
  return packed;
}

std::vector<SpareCode> UnpackSpareCodes(std::string_view packed) {
  PAWL_CHECK(AreSpareCodes(packed));
  std::vector<SpareCode> codes;
  for (; !packed.empty(); packed.remove_prefix(kEntry)) {
    SpareCode code{.mac = std::string(packed.substr(0, kMac)),
                   .used = packed[kMac] == kUsed};
    const uint64_t expires = BigEndianNumber(packed.substr(kMac + 1, kTime));
    if (expires != kNever) {
      code.expires = FromUnixMillis(static_cast<int64_t>(expires));
    }
    codes.push_back(std::move(code));
  }
  return codes;
}

bool AreSpareCodes(std::string_view packed) {
  if (packed.size() % kEntry != 0 || packed.size() / kEntry > kMaxSpareCodes) {
    return false;
  }
  for (; !packed.empty(); packed.remove_prefix(kEntry)) {
    if (packed[kMac] != kFresh && packed[kMac] != kUsed) {
      return false;
    }
  }
  return true;
}

}  // namespace pawl::db
