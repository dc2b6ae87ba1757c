#include "validator/grpc/authenticator.h"

#include <string_view>

#include "base/text.h"

namespace pawl::validator {
namespace {

constexpr std::string_view kScheme = "bearer ";

}  // namespace

StatusOr<Caller> Authenticator::Authenticate(
    const grpc::ServerContextBase& context) {
  PAWL_ASSIGN_OR_RETURN(const Claim claim, ClaimOf(context));
  return clients_->Authenticate(claim);
}

StatusOr<Claim> LocalAuthenticator::ClaimOf(
    const grpc::ServerContextBase&) const {
  return Claim{};
}

StatusOr<Claim> BearerAuthenticator::ClaimOf(
    const grpc::ServerContextBase& context) const {
  const auto& metadata = context.client_metadata();
  if (metadata.count("authorization") != 1) {
    return MakeStatus(StatusCode::kUnauthenticated,
                      "send your key once, as metadata \"authorization: "
                      "Bearer KEY\"");
  }
  const grpc::string_ref header = metadata.find("authorization")->second;
  const std::string_view text(header.data(), header.size());
  if (AsciiLower(text.substr(0, kScheme.size())) != kScheme) {
    return MakeStatus(StatusCode::kUnauthenticated,
                      "the authorization scheme must be Bearer");
  }
  return ParseKey(text.substr(kScheme.size()));
}

}  // namespace pawl::validator
