#include "validator/core/credential.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "oath/hotp.h"
#include "oath/motp.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::validator {
namespace {

using db::TokenKind;
using db::TokenRecord;

// The public id in front of each kind of code is compared as text: it finds
// the token and proves nothing.
bool StartsWithPublicId(std::string_view lower, const TokenRecord& token) {
  return lower.substr(0, token.public_id.size()) == token.public_id;
}

void AddYubico(const Reading& base, std::string_view code,
               const TokenRecord& token, std::vector<Reading>& out) {
  const std::optional<yubico::OtpText> texts[] = {yubico::ParseModhex(code),
                                                  yubico::ParseDvorak(code)};
  for (size_t i = 0; i < std::size(texts); ++i) {
    if (!texts[i].has_value() || texts[i]->public_id != token.public_id) {
      continue;
    }
    Reading reading = base;
    reading.code = yubico::ModhexEncode(texts[i]->cipher);
    reading.keyboard_layout = i == 1;
    out.push_back(std::move(reading));
  }
}

void AddPlain(const Reading& base, std::string_view lower,
              const TokenRecord& token, std::vector<Reading>& out) {
  const std::string_view code = lower.substr(token.public_id.size());
  const bool fits = token.kind == TokenKind::kMotp
                        ? oath::IsMotpCode(code)
                        : oath::IsCode(code, token.digits);
  if (!fits || !StartsWithPublicId(lower, token)) {
    return;
  }
  Reading reading = base;
  reading.code = code;
  out.push_back(std::move(reading));
}

}  // namespace

size_t CodeLength(const TokenRecord& token) {
  switch (token.kind) {
    case TokenKind::kYubico:
    case TokenKind::kYubicloud:
      return token.public_id.size() + yubico::kCipherLetters;
    case TokenKind::kHotp:
    case TokenKind::kTotp:
      return token.public_id.size() + static_cast<size_t>(token.digits);
    case TokenKind::kMotp:
      return token.public_id.size() + oath::kMotpDigits;
  }
  return 0;
}

std::vector<Reading> ReadCredential(std::string_view credential,
                                    std::span<const TokenRecord> tokens) {
  std::vector<Reading> readings;
  if (credential.size() > kMaxCredentialBytes) {
    return readings;
  }
  const std::string_view text = yubico::StripLineEnd(credential);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const size_t length = CodeLength(tokens[i]);
    if (text.size() < length) {
      continue;
    }
    const std::string_view code = text.substr(text.size() - length);
    const std::string lower = AsciiLower(code);
    const Reading base{.token = i,
                       .pin = text.substr(0, text.size() - length),
                       .upper_case = lower != code};
    if (IsYubiKey(tokens[i].kind)) {
      AddYubico(base, code, tokens[i], readings);
    } else {
      AddPlain(base, lower, tokens[i], readings);
    }
  }
  return readings;
}

std::vector<std::string> PublicIdsIn(std::string_view otp) {
  std::vector<std::string> ids;
  for (const auto& parse : {yubico::ParseModhex, yubico::ParseDvorak}) {
    std::optional<yubico::OtpText> text = parse(otp);
    if (text.has_value() && !text->public_id.empty()) {
      ids.push_back(std::move(text->public_id));
    }
  }
  for (int digits = oath::kMinDigits; digits <= oath::kMaxDigits; ++digits) {
    const auto code_length = static_cast<size_t>(digits);
    const std::string_view id = otp.substr(0, kTokenIdentifierLength);
    if (otp.size() == kTokenIdentifierLength + code_length && IsAscii(id) &&
        oath::IsCode(otp.substr(kTokenIdentifierLength), digits)) {
      ids.push_back(AsciiLower(id));
    }
  }
  return ids;
}

}  // namespace pawl::validator
