// Typed codes: random secrets that Pawl makes and people copy by hand.
//
//     device password = 8 letters device number, 26 secret, 2 checksum,
//                       printed as six groups of six
//     recovery code   = 16 letters, printed as four groups of four
//
// A letter is five bits in Crockford's alphabet, lower case, as in ids
// (db/ids.h). Reading takes either case, blanks and '-' between letters, o as 0
// and i and l as 1, because that is what people make of a printed code. The
// normal form has none of these: it is what is hashed.
//
// All texts given back are secrets: wiping them is the caller's duty.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::validator {

// Random bytes for a device password: 130 bits of them are used.
inline constexpr size_t kDeviceRandomBytes = 17;
inline constexpr size_t kRecoveryRandomBytes = 10;
inline constexpr size_t kMaxDevicePasswordBytes = 128;

// A device password taken apart; its checksum was right. The number finds the
// device's row, so that one hash is computed and not one for each device of the
// account.
struct DevicePassword {
  uint64_t device = 0;   // the DeviceId
  std::string secret{};  // 26 letters in normal form
};

// "000000-01000g-40r40m-30e209-185gr3-8e1wgj". Aborts unless `device` is 1 to
// db::kMaxDeviceId and `random` has kDeviceRandomBytes.
[[nodiscard]] std::string FormatDevicePassword(uint64_t device,
                                               std::span<const uint8_t> random);

// `typed` as a device password; a line end behind it is cut off. nullopt for
// whatever is none, which costs no hash: too long, a wrong number of letters,
// a character that is no letter, a wrong checksum, device 0. The checksum only
// tells other passwords and typing errors apart, it proves nothing.
[[nodiscard]] std::optional<DevicePassword> ReadDevicePassword(
    std::string_view typed);

// One way to read a credential that ends in a recovery code.
struct RecoveryReading {
  std::string_view pin{};  // into the credential, as typed; may be empty
  std::string code{};      // 16 letters in normal form
};

// "000g-40r4-0m30-e209". Aborts unless `random` has kRecoveryRandomBytes.
[[nodiscard]] std::string FormatRecoveryCode(std::span<const uint8_t> random);

// Every way to split `credential`, from the right, into a PIN and a recovery
// code: as printed (19 characters, '-' or a blank between the groups) or as 16
// letters alone. A line end is cut off first; all in front of the code is the
// PIN. Empty: no recovery code, or a credential that is too long. The two forms
// exclude each other, since the end of a printed code has a separator in it.
[[nodiscard]] std::vector<RecoveryReading> ReadRecoveryCode(
    std::string_view credential);

}  // namespace pawl::validator
