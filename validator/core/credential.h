// The credential grammar: how one password field is taken apart.
//
//     credential = pin code [line end]
//     code       = [public id] block | [token identifier] digits | hex6
//
// It is split from the right by what each token of the account types, never
// by alphabet or from the left: a PIN may look like a code, and tokens of
// different length may hang on one account, so that "123484755224" is PIN
// "1234" with eight digits or PIN "123484" with six. Only the code part
// changes case; the PIN stays as typed.
//
// Pure; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/record.h"

namespace pawl::validator {

inline constexpr size_t kMaxCredentialBytes = 512;
// Length of an OATH Token Identifier, class A.
inline constexpr size_t kTokenIdentifierLength = 12;

// One way to read a credential.
struct Reading {
  size_t token = 0;        // index into the tokens given
  std::string_view pin{};  // into the credential; may be empty
  // What is proved: 32 modhex letters, digits, or six hex characters; lower
  // case, without public id or token identifier.
  std::string code{};
  bool keyboard_layout = false;  // mapped back from Dvorak
  bool upper_case = false;       // the code part had upper-case letters
};

// The number of characters the token types.
[[nodiscard]] size_t CodeLength(const db::TokenRecord& token);

// Every reading that fits one of `tokens`: right length, right alphabet, right
// public id. For a Yubico token the modhex reading comes before the Dvorak
// one, because twelve letters belong to both. Empty: nothing these tokens
// could have typed, or a credential that is too long.
[[nodiscard]] std::vector<Reading> ReadCredential(
    std::string_view credential, std::span<const db::TokenRecord> tokens);

// The public id that stands in front of a bare OTP (no PIN), lower case, in
// the order to look them up: as modhex, as Dvorak, as OATH token identifier
// before 6, 7 or 8 digits. `otp` has no white space around it.
[[nodiscard]] std::vector<std::string> PublicIdsIn(std::string_view otp);

}  // namespace pawl::validator
