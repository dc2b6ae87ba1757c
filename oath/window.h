// WindowMatch: what a window search found, and how far it goes; shared by HOTP,
// TOTP and mOTP.
#pragma once

#include <cstdint>
#include <optional>

namespace pawl::oath {

// No search looks further than this to one side, whatever is asked for (I8).
inline constexpr uint64_t kMaxWindow = 2000;

// A position is the counter (HOTP), time step (TOTP) or 10-second slot (mOTP).
struct WindowMatch {
  // The nearest matching position above the last used one.
  std::optional<uint64_t> fresh;
  // A match at or below the last used position: the code was used before or
  // has been passed. Never a reason to accept; it tells a replay from a typo.
  std::optional<uint64_t> stale;
};

}  // namespace pawl::oath
