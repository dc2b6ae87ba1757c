// Whatever is typed: every reading is a true split of the text, and has the
// shape its token demands.
#include <cstdint>

#include "base/status.h"
#include "base/text.h"
#include "validator/core/credential.h"
#include "validator/core/pin.h"
#include "yubico/modhex.h"

namespace pawl::validator {
namespace {

db::TokenRecord Token(db::TokenKind kind, int digits, std::string public_id) {
  db::TokenRecord token;
  token.kind = kind;
  token.digits = digits;
  token.public_id = std::move(public_id);
  return token;
}

const std::vector<db::TokenRecord>& Tokens() {
  static const std::vector<db::TokenRecord> tokens = {
      Token(db::TokenKind::kHotp, 6, ""),
      Token(db::TokenKind::kTotp, 8, "ubhe00004711"),
      Token(db::TokenKind::kMotp, 6, ""),
      Token(db::TokenKind::kYubico, 32, ""),
      Token(db::TokenKind::kYubico, 32, "cccccccccccb"),
  };
  return tokens;
}

void Check(std::string_view text) {
  for (const Reading& reading : ReadCredential(text, Tokens())) {
    const db::TokenRecord& token = Tokens().at(reading.token);
    PAWL_CHECK(text.substr(0, reading.pin.size()) == reading.pin);
    PAWL_CHECK(reading.pin.size() + CodeLength(token) <= text.size());
    PAWL_CHECK(AsciiLower(reading.code) == reading.code);
    PAWL_CHECK(reading.code.size() ==
               CodeLength(token) - token.public_id.size());
    PAWL_CHECK(token.kind != db::TokenKind::kYubico ||
               yubico::IsModhex(reading.code));
  }
  for (const std::string& id : PublicIdsIn(text)) {
    PAWL_CHECK(!id.empty() && id.size() <= 32 && IsAscii(id));
  }
  const StatusOr<std::string> pin = AcceptNewPin(text, kMinPinCharacters);
  if (pin.ok()) {
    PAWL_CHECK(NormalizeTypedPin(text) == *pin);
    PAWL_CHECK(NormalizeTypedPin(*pin) == *pin);
  }
}

}  // namespace
}  // namespace pawl::validator

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pawl::validator::Check(pawl::AsText({data, size}));
  return 0;
}
