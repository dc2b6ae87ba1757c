#include "validator/http/basic.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "base/text.h"

namespace pawl::validator {

std::optional<BasicCredentials> BasicOf(const HttpRequest& request) {
  constexpr std::string_view kScheme = "basic ";
  const std::string_view header = request.Header("authorization");
  if (AsciiLower(header.substr(0, kScheme.size())) != kScheme) {
    return std::nullopt;
  }
  std::optional<Bytes> decoded = Base64Decode(header.substr(kScheme.size()));
  if (!decoded.has_value()) {
    return std::nullopt;
  }
  const std::string_view text = AsText(*decoded);
  const size_t colon = text.find(':');
  std::optional<BasicCredentials> credentials;
  if (colon != std::string_view::npos) {
    credentials = {.user = std::string(text.substr(0, colon)),
                   .password = std::string(text.substr(colon + 1))};
  }
  Wipe(*decoded);
  return credentials;
}

HttpResponse AskForBasic(std::string_view realm) {
  std::string quoted;
  for (const char c : realm) {
    const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    quoted += plain ? c : '_';
  }
  HttpResponse response = PlainText(401, "unauthorized");
  response.headers = {{"WWW-Authenticate",
                       "Basic realm=\"" + quoted + "\", charset=\"UTF-8\""}};
  return response;
}

}  // namespace pawl::validator
