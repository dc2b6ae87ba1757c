#include "validator/grpc/authenticator.h"

#include <string_view>
#include <vector>

#include <grpc/grpc_security_constants.h>

namespace pawl::validator {
namespace {

// What gRPC's local credentials say of a connection they have checked.
constexpr std::string_view kLocalTransport = "local";

bool IsLocal(const grpc::ServerContextBase& context) {
  const std::vector<grpc::string_ref> types =
      context.auth_context()->FindPropertyValues(
          GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return types.size() == 1 &&
         std::string_view(types[0].data(), types[0].size()) == kLocalTransport;
}

}  // namespace

StatusOr<Caller> Authenticator::Authenticate(
    const grpc::ServerContextBase& context) const {
  PAWL_ASSIGN_OR_RETURN(const Claim claim, ClaimOf(context));
  return clients_->Authenticate(claim);
}

StatusOr<Claim> Authenticator::ClaimOf(const grpc::ServerContextBase& context) {
  if (IsLocal(context)) {
    return Claim{};
  }
  const auto& metadata = context.client_metadata();
  if (metadata.count("authorization") != 1) {
    return MakeStatus(StatusCode::kUnauthenticated,
                      "send your key once, as metadata \"authorization: "
                      "Bearer KEY\"");
  }
  const grpc::string_ref header = metadata.find("authorization")->second;
  const auto key = BearerIn({header.data(), header.size()});
  return key.has_value()
             ? ParseKey(*key)
             : MakeStatus(StatusCode::kUnauthenticated,
                          "the authorization scheme must be Bearer");
}

}  // namespace pawl::validator
