// Population: the people and tokens a load is made of.
//
// Everything about number i follows from the seed text and i, so that the
// program that fills a store and the one that makes the codes need no file
// between them. Person i has one token and one device password; the kinds of
// tokens take turns.
//
// Immutable; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "db/record.h"
#include "pawl/v1/token.pb.h"

namespace pawl::bench {

inline constexpr uint32_t kKinds = 4;

class Population {
 public:
  Population(std::string_view seed, uint32_t size) : seed_(seed), size_(size) {}

  [[nodiscard]] uint32_t size() const { return size_; }
  // Recognises the seed without telling it.
  [[nodiscard]] uint64_t Mark() const;

  [[nodiscard]] static db::TokenKind KindOf(uint32_t i);
  [[nodiscard]] std::string LoginOf(uint32_t i) const;
  // Four digits.
  [[nodiscard]] std::string PinOf(uint32_t i) const;
  // The id of device i, which is its user name, too.
  [[nodiscard]] static db::DeviceId DeviceOf(uint32_t i);
  [[nodiscard]] std::string DevicePasswordOf(uint32_t i) const;
  // Secrets included. OATH tokens show eight digits, so that a code that is
  // presented again by intention is not, by accident, also one that comes next.
  [[nodiscard]] v1::RegisterTokenRequest TokenOf(uint32_t i) const;

  // The position that token i shows by itself at `now`; nullopt when its codes
  // are counted and every position may be shown.
  [[nodiscard]] static std::optional<uint32_t> PositionAt(uint32_t i,
                                                          UnixTime now);
  // What token i types at `position`, its public id included. For a time-based
  // token the position is that of `now`.
  [[nodiscard]] StatusOr<std::string> CodeOf(uint32_t i, uint32_t position,
                                             UnixTime now, Rng& rng) const;

 private:
  [[nodiscard]] std::array<uint8_t, 32> SecretOf(uint32_t i) const;

  std::string seed_;
  uint32_t size_;
};

}  // namespace pawl::bench
