// The whole service over a memory store: no input crashes it, every refusal to
// look names its field, and what is accepted moved a token forward.
#include <cstdint>

#include "base/status.h"
#include "tests/support/test_service.h"

namespace {

using pawl::testing::TestService;

TestService& Service() {
  static TestService& service = *[] {
    auto* made = new TestService();
    const pawl::db::AccountId kim = made->AddAccount("kim", "1234");
    made->AddToken(pawl::testing::TestYubiKey().Spec(), kim);
    made->AddToken(TestService::HotpSpec(), kim);
    return made;
  }();
  return service;
}

// Fields are separated by NUL.
std::string_view Take(std::string_view& rest) {
  const size_t end = rest.find('\0');
  const std::string_view field = rest.substr(0, end);
  rest =
      end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return field;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = pawl::AsText({data, size});
  const std::string_view account = Take(rest);
  const std::string_view credential = Take(rest);
  const std::string_view attempt_id = Take(rest);
  TestService& service = Service();
  service.clock.Advance(std::chrono::minutes(6));
  for (const auto& outcome : {service.Login(account, credential, attempt_id),
                              service.Otp(credential, attempt_id),
                              service.Otp(credential, "", rest)}) {
    if (outcome.ok()) {
      PAWL_CHECK(outcome->reason != pawl::db::Reason::kGoodCode ||
                 service.tokens.Get(*outcome->token)->position.has_value());
    } else {
      PAWL_CHECK(outcome.status().code() == pawl::StatusCode::kInvalidArgument);
      PAWL_CHECK(!pawl::FieldOf(outcome.status()).empty());
    }
  }
  (void)pawl::validator::ParseKey(rest);
  return 0;
}
