// SoftwareToken: makes the codes that a YubiKey, an OATH token or a mOTP app
// would make. For demonstrations, tests and load; it does no I/O and its
// secrets are ordinary memory.
//
// Thread safety: like std::string.
#pragma once

#include <cstdint>
#include <string>

#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "pawl/v1/token.pb.h"

namespace pawl::tools {

// YubicoState: what a YubiKey knows beside its secrets.
struct YubicoState {
  // 1..0x7fff, one more with each power-up; 0: was never plugged in.
  uint16_t use_counter = 0;
  // Codes typed since the use counter moved, 0..256.
  uint16_t session_uses = 0;
  // The last power-up, and what the 8 Hz clock of 24 bits began with.
  UnixTime power_up_time{};
  uint32_t power_up_timestamp = 0;
};

// "vv" (the prefix of keys programmed by their owner) and ten random letters.
[[nodiscard]] std::string RandomPublicId(Rng& rng);

class SoftwareToken {
 public:
  // A new token of the kind that `description` sets, with fresh secrets and,
  // for mOTP without a PIN, a PIN of four digits. INVALID_ARGUMENT when the
  // description breaks a rule of v1::RegisterTokenRequest.
  [[nodiscard]] static StatusOr<SoftwareToken> Generate(
      v1::RegisterTokenRequest description, Rng& rng);

  // The token that was registered with `registration`, secrets included.
  // INVALID_ARGUMENT as above.
  [[nodiscard]] static StatusOr<SoftwareToken> Restore(
      v1::RegisterTokenRequest registration, const YubicoState& yubico = {});

  // The next code, as the token types it: with its public id or token
  // identifier. A counter moves on; a time-based token shows what belongs to
  // `now`. FAILED_PRECONDITION when its counter is used up, or `now` lies
  // before its first step.
  [[nodiscard]] StatusOr<std::string> NextCode(UnixTime now, Rng& rng);

  // Yubico: takes the key out and plugs it in again; NextCode() does it the
  // first time. FAILED_PRECONDITION for other kinds and worn-out keys.
  [[nodiscard]] Status PowerCycle(UnixTime now, Rng& rng);

  // How long one code of a time-based token lasts; zero for counters.
  [[nodiscard]] Millis CodePeriod() const;

  // What enrols the token as it is now.
  [[nodiscard]] const v1::RegisterTokenRequest& registration() const {
    return registration_;
  }
  [[nodiscard]] const YubicoState& yubico() const { return yubico_; }

 private:
  SoftwareToken(v1::RegisterTokenRequest&& registration,
                const YubicoState& yubico);

  [[nodiscard]] StatusOr<std::string> NextYubico(UnixTime now, Rng& rng);
  [[nodiscard]] StatusOr<std::string> NextHotp();
  [[nodiscard]] StatusOr<std::string> TotpAt(UnixTime now) const;
  [[nodiscard]] StatusOr<std::string> MotpAt(UnixTime now) const;
  [[nodiscard]] Status RaiseUseCounter();

  v1::RegisterTokenRequest registration_;
  YubicoState yubico_;
};

}  // namespace pawl::tools
