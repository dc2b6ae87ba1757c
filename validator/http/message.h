// HttpRequest and HttpResponse: what HTTP doors get and give.
//
// Plain values; thread safety: like int.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::validator {

struct HttpHeader {
  std::string name;  // in a request lower case
  std::string value;
};

struct HttpRequest {
  std::string method{};  // "GET"
  std::string path{};    // as sent, up to the first '?'
  std::string query{};   // as sent, behind it
  std::vector<HttpHeader> headers{};
  std::string body{};
  std::string peer{};  // the address of who has connected
  bool from_loopback = false;

  [[nodiscard]] bool HasHeader(std::string_view name) const {
    return std::any_of(
        headers.begin(), headers.end(),
        [&](const HttpHeader& header) { return header.name == name; });
  }

  // It says that it came through a proxy, who asks for somebody else.
  [[nodiscard]] bool IsForwarded() const {
    return HasHeader("x-forwarded-for") || HasHeader("x-forwarded-host") ||
           HasHeader("x-forwarded-proto") || HasHeader("forwarded") ||
           HasHeader("via");
  }

  // The value of the header; empty when it was not given, or more than once,
  // because two readers of such a request may take different ones.
  [[nodiscard]] std::string_view Header(std::string_view name) const {
    std::string_view value;
    size_t times = 0;
    for (const HttpHeader& header : headers) {
      if (header.name == name) {
        value = header.value;
        ++times;
      }
    }
    return times == 1 ? value : std::string_view();
  }
};

struct HttpResponse {
  unsigned status = 200;
  std::string type{};  // Content-Type; empty: none
  std::string body{};
  std::vector<HttpHeader> headers{};
};

// `text` as a line for whoever reads it.
[[nodiscard]] inline HttpResponse PlainText(unsigned status,
                                            std::string_view text) {
  return {
      .status = status, .type = "text/plain", .body = std::string(text) + "\n"};
}

// Called exactly once, from any thread. The request lives until then.
using Respond = std::function<void(HttpResponse)>;
// What a door does with a request; it must not block.
using HttpHandler = std::function<void(const HttpRequest&, Respond)>;

}  // namespace pawl::validator
