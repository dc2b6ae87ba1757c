// What enrolling a token takes from its request and puts into its answer, the
// same for TokenService.RegisterToken and SelfService.AddToken.
//
// Pure; thread-safe.
#pragma once

#include "base/status.h"
#include "pawl/v1/token.pb.h"
#include "validator/core/throttle.h"
#include "validator/grpc/convert_records.h"
#include "validator/service/token_registration.h"

namespace pawl::validator {

// INVALID_ARGUMENT naming the field for what no message can mean; whether the
// values are good is for TokenRegistration to say.
[[nodiscard]] StatusOr<TokenSpec> SpecFrom(
    const v1::RegisterTokenRequest& request);

// What was made here, as its owner needs it.
[[nodiscard]] v1::GeneratedSecret GeneratedOf(
    const RegisteredToken& registered);

// Fills `token` and, when the secret was made here, `generated`. The only place
// where a token's secret leaves the server: once, to who asked for it.
template <typename Response>
void FillRegistered(const RegisteredToken& registered,
                    const ThrottlePolicy& throttle, Response& response) {
  ToProto(registered.token, throttle, response.mutable_token());
  if (!registered.secret.empty()) {
    *response.mutable_generated() = GeneratedOf(registered);
  }
}

}  // namespace pawl::validator
