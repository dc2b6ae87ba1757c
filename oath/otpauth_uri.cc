#include "oath/otpauth_uri.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

namespace pawl::oath {
namespace {

constexpr size_t kFixedText = 128;  // longer than everything but the values

bool IsUnreserved(char c) {  // RFC 3986 section 2.3
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void AppendEncoded(std::string& uri, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsUnreserved(c)) {
      uri += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    uri += '%';
    uri += kHex[byte >> 4];
    uri += kHex[byte & 0x0f];
  }
}

// Appends "issuer:account", or only the account when there is no issuer.
void AppendLabel(std::string& uri, std::string_view issuer,
                 std::string_view account) {
  if (!issuer.empty()) {
    AppendEncoded(uri, issuer);
    uri += ':';
  }
  AppendEncoded(uri, account);
}

std::string_view NameOf(Hash hash) {
  switch (hash) {
    case Hash::kSha1:
      return "SHA1";
    case Hash::kSha256:
      return "SHA256";
    case Hash::kSha512:
      return "SHA512";
  }
  PAWL_CHECK(false);
}

}  // namespace

std::string ToString(const OtpauthUri& uri) {
  std::string text;
  // All at once, so that no shorter copy with the secret stays on the heap.
  text.reserve(kFixedText + 6 * uri.issuer.size() + 3 * uri.account.size() +
               2 * uri.secret.size());
  text += uri.time_based ? "otpauth://totp/" : "otpauth://hotp/";
  AppendLabel(text, uri.issuer, uri.account);
  std::string secret = Base32Encode(uri.secret);
  text += "?secret=";
  text += secret;
  Wipe(secret);
  if (!uri.issuer.empty()) {
    text += "&issuer=";
    AppendEncoded(text, uri.issuer);
  }
  text += "&algorithm=";
  text += NameOf(uri.hash);
  text += "&digits=";
  text += std::to_string(uri.digits);
  text += uri.time_based ? "&period=" : "&counter=";
  text +=
      uri.time_based ? std::to_string(uri.period) : std::to_string(uri.counter);
  return text;
}

std::string MotpUri(std::string_view issuer, std::string_view account,
                    std::string_view secret) {
  std::string text;
  text.reserve(kFixedText + 3 * issuer.size() + 3 * account.size() +
               secret.size());
  text += "motp://";
  AppendLabel(text, issuer, account);
  text += "?secret=";
  text += secret;
  return text;
}

}  // namespace pawl::oath
