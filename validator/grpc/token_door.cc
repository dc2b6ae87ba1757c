#include <string>
#include <utility>

#include "validator/grpc/answer.h"
#include "validator/grpc/convert_records.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/list.h"
#include "validator/grpc/registration.h"

namespace pawl::validator {
namespace {

using db::TokenId;
using db::TokenRecord;

constexpr db::Roles kAdmin = static_cast<db::Roles>(db::Role::kAdmin);

StatusOr<TokenUpdate> UpdateFrom(const v1::UpdateTokenRequest& request) {
  TokenUpdate update;
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "label") {
      update.label = request.token().label();
    } else if (path == "window") {
      update.window = request.token().window();
    } else {
      return InvalidField("update_mask", "may name label and window only");
    }
  }
  if (request.update_mask().paths().empty()) {
    return InvalidField("update_mask", "must name at least one field");
  }
  return update;
}

}  // namespace

// The calls that name a token and answer with it.
template <typename Request, typename Response, typename Call>
grpc::Status TokenDoor::AnswerToken(grpc::ServerContext& context,
                                    const Request& request, Response& response,
                                    const Call& call) {
  return Serve(
      context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(const TokenId id,
                              TokenIdFrom(request.token_id()));
        PAWL_ASSIGN_OR_RETURN(const TokenRecord token, call(id, caller));
        ToProto(token, services().throttle, response.mutable_token());
        return OkStatus();
      });
}

grpc::Status TokenDoor::RegisterToken(grpc::ServerContext* context,
                                      const v1::RegisterTokenRequest* request,
                                      v1::RegisterTokenResponse* response) {
  return Serve(
      *context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(TokenSpec spec, SpecFrom(*request));
        PAWL_ASSIGN_OR_RETURN(
            const RegisteredToken registered,
            services().registration->Register(std::move(spec), caller.id));
        FillRegistered(registered, services().throttle, *response);
        return OkStatus();
      });
}

grpc::Status TokenDoor::GetToken(grpc::ServerContext* context,
                                 const v1::GetTokenRequest* request,
                                 v1::GetTokenResponse* response) {
  return AnswerToken(
      *context, *request, *response,
      [&](TokenId id, const Caller&) { return services().tokens->Get(id); });
}

grpc::Status TokenDoor::ListTokens(grpc::ServerContext* context,
                                   const v1::ListTokensRequest* request,
                                   v1::ListTokensResponse* response) {
  return Serve(*context, authenticator(), kAdmin, [&](const Caller&) -> Status {
    return ListPage(
        *services().hash, "tokens", *request, *response,
        [&](const std::string& after, size_t limit) {
          return services().tokens->List(after, limit);
        },
        [](const TokenRecord& token) { return db::ToString(token.id); },
        [&](const TokenRecord& token) {
          ToProto(token, services().throttle, response->add_tokens());
        });
  });
}

grpc::Status TokenDoor::UpdateToken(grpc::ServerContext* context,
                                    const v1::UpdateTokenRequest* request,
                                    v1::UpdateTokenResponse* response) {
  return Serve(
      *context, authenticator(), kAdmin, [&](const Caller& caller) -> Status {
        PAWL_ASSIGN_OR_RETURN(
            const TokenId id,
            IdFrom<db::TokenTag>("token.id", request->token().id()));
        PAWL_ASSIGN_OR_RETURN(const TokenUpdate update, UpdateFrom(*request));
        PAWL_ASSIGN_OR_RETURN(const TokenRecord token,
                              services().tokens->Update(id, update, caller.id));
        ToProto(token, services().throttle, response->mutable_token());
        return OkStatus();
      });
}

grpc::Status TokenDoor::EnableToken(grpc::ServerContext* context,
                                    const v1::EnableTokenRequest* request,
                                    v1::EnableTokenResponse* response) {
  return AnswerToken(
      *context, *request, *response, [&](TokenId id, const Caller& caller) {
        return services().tokens->SetEnabled(id, true, caller.id);
      });
}

grpc::Status TokenDoor::DisableToken(grpc::ServerContext* context,
                                     const v1::DisableTokenRequest* request,
                                     v1::DisableTokenResponse* response) {
  return AnswerToken(
      *context, *request, *response, [&](TokenId id, const Caller& caller) {
        return services().tokens->SetEnabled(id, false, caller.id);
      });
}

grpc::Status TokenDoor::UnlockToken(grpc::ServerContext* context,
                                    const v1::UnlockTokenRequest* request,
                                    v1::UnlockTokenResponse* response) {
  return AnswerToken(*context, *request, *response,
                     [&](TokenId id, const Caller& caller) {
                       return services().tokens->Unlock(id, caller.id);
                     });
}

grpc::Status TokenDoor::ResyncToken(grpc::ServerContext* context,
                                    const v1::ResyncTokenRequest* request,
                                    v1::ResyncTokenResponse* response) {
  return Serve(*context, authenticator(), kAdmin,
               [&](const Caller& caller) -> Status {
                 PAWL_ASSIGN_OR_RETURN(const TokenId id,
                                       TokenIdFrom(request->token_id()));
                 const auto ask = [&](Done done) {
                   services().validator->ResyncToken(
                       {.token = id,
                        .first_code = request->first_code(),
                        .second_code = request->second_code()},
                       ContextOf(*context, caller), std::move(done));
                 };
                 PAWL_ASSIGN_OR_RETURN(const Answered answered, Await(ask));
                 AnswerVerdict(answered.outcome, caller, *response);
                 return OkStatus();
               });
}

grpc::Status TokenDoor::DeleteToken(grpc::ServerContext* context,
                                    const v1::DeleteTokenRequest* request,
                                    v1::DeleteTokenResponse*) {
  return Serve(*context, authenticator(), kAdmin,
               [&](const Caller& caller) -> Status {
                 PAWL_ASSIGN_OR_RETURN(const TokenId id,
                                       TokenIdFrom(request->token_id()));
                 return services().tokens->Delete(id, caller.id);
               });
}

}  // namespace pawl::validator
