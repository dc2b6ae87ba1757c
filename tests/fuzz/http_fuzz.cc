// What strangers write to the HTTP doors, and what a lying server answers: read
// without a crash, and nothing comes back that was not checked.
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/query.h"
#include "base/status.h"
#include "base/text.h"
#include "pawl/v1/login.pb.h"
#include "pawl/v1/token.pb.h"
#include "validator/cloud/answer.h"
#include "validator/http/basic.h"
#include "validator/http/json_error.h"
#include "validator/http/json_message.h"
#include "yubico/modhex.h"
#include "yubico/wsapi.h"

namespace pawl::validator {
namespace {

using yubico::ParsedWsapi;
using yubico::WsapiRequest;
using yubico::WsapiStatus;

constexpr std::string_view kKey = "a key of twenty byte";

void CheckQuery(std::string_view text) {
  const std::optional<Parameters> parameters = Parameters::Parse(text);
  if (parameters.has_value()) {
    const std::vector<Parameter>& all = parameters->all();
    PAWL_CHECK(all.size() <= Parameters::kMaxParameters);
    for (size_t i = 1; i < all.size(); ++i) {
      PAWL_CHECK(all[i - 1].name < all[i].name);
    }
  }
  for (const bool version_2 : {false, true}) {
    const ParsedWsapi parsed = yubico::ParseWsapi(version_2, parameters);
    const WsapiRequest& request = parsed.request;
    if (!parsed.problem.has_value()) {
      PAWL_CHECK(yubico::IsModhex(request.otp));
      PAWL_CHECK(request.client >= 1 && request.client <= 9'999'999'999);
      PAWL_CHECK(request.nonce.size() <= 40);
    }
    const std::string body = WriteWsapi(
        {.status = parsed.problem.value_or(WsapiStatus::kOk)}, request, {});
    // Every line but the last two ends where it should.
    PAWL_CHECK(body.ends_with("\r\n\r\n") &&
               body.find("\r\n\r\n") == body.size() - 4);
    PAWL_CHECK(IsAscii(body));
  }
}

void CheckPercent(std::string_view text) {
  const std::optional<std::string> decoded = PercentDecode(text);
  if (decoded.has_value()) {
    PAWL_CHECK(PercentDecode(PercentEncode(*decoded)) == *decoded);
  }
}

// No input is signed with a key that it does not have.
void CheckAnswer(std::string_view body) {
  const CloudRequest request{.otp = "cccccccccccb", .nonce = "n"};
  PAWL_CHECK(!ReadCloudAnswer(body, request, AsBytes(kKey)).ok());
  (void)ReadCloudAnswer(body, request, {});
}

void CheckBasic(std::string_view text) {
  HttpRequest request{.method = "GET", .path = "/auth/basic"};
  request.headers.push_back(
      {.name = "authorization", .value = "Basic " + std::string(text)});
  if (const auto shown = BasicOf(request)) {
    PAWL_CHECK(shown->user.find(':') == std::string::npos);
    request.headers[0].value =
        "bAsIc " + Base64Encode(AsBytes(shown->user + ":" + shown->password));
    const auto again = BasicOf(request);
    PAWL_CHECK(again.has_value() && again->password == shown->password);
  }
}

template <typename Message>
void CheckJson(std::string_view text) {
  Message message;
  const Status read = ReadJson(text, message);
  if (!read.ok()) {
    PAWL_CHECK(!JsonError(read).body.empty());
    return;
  }
  const StatusOr<std::string> written = WriteJson(message);
  if (written.ok()) {
    Message again;
    PAWL_CHECK(ReadJson(*written, again).ok());
    PAWL_CHECK(again.SerializeAsString() == message.SerializeAsString());
  }
}

}  // namespace
}  // namespace pawl::validator

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pawl::validator;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckQuery(text);
  CheckPercent(text);
  CheckAnswer(text);
  CheckBasic(text);
  CheckJson<pawl::v1::CheckLoginRequest>(text);
  CheckJson<pawl::v1::RegisterTokenRequest>(text);
  return 0;
}
