#include "validator/grpc/authenticator.h"

#include <string_view>

#include "base/text.h"

namespace pawl::validator {
namespace {

constexpr std::string_view kScheme = "bearer ";

}  // namespace

StatusOr<Caller> LocalAuthenticator::Authenticate(const grpc::ServerContext&) {
  using enum db::Role;
  return Caller{.id = "local",
                .roles = static_cast<db::Roles>(kLogin) |
                         static_cast<db::Roles>(kAdmin) |
                         static_cast<db::Roles>(kAudit),
                .see_reasons = true};
}

StatusOr<Caller> BearerAuthenticator::Authenticate(
    const grpc::ServerContext& context) {
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
  PAWL_ASSIGN_OR_RETURN(const db::ClientRecord client,
                        clients_->Authenticate(text.substr(kScheme.size())));
  return Caller{.id = db::ToString(client.id),
                .roles = client.roles,
                .see_reasons = client.see_reasons};
}

}  // namespace pawl::validator
