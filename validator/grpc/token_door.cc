#include <string>
#include <utility>

#include "base/key_access.h"
#include "oath/otpauth_uri.h"
#include "validator/grpc/answer.h"
#include "validator/grpc/door.h"
#include "validator/grpc/doors.h"
#include "validator/grpc/list.h"

namespace pawl::validator {
namespace {

using db::TokenId;
using db::TokenKind;
using db::TokenRecord;

constexpr db::Roles kAdmin = static_cast<db::Roles>(db::Role::kAdmin);
constexpr std::string_view kIssuer = "Pawl";

StatusOr<TokenId> TokenIdFrom(std::string_view text) {
  return IdFrom<db::TokenTag>("token_id", text);
}

void FillYubico(const v1::YubicoToken& from, TokenSpec& spec) {
  spec.kind = TokenKind::kYubico;
  spec.public_id = from.public_id();
  spec.private_id = SecretBytes(from.private_id());
  spec.secret = SecretBytes(from.aes_key());
}

// HOTP and TOTP share these.
template <typename OathToken>
Status FillOath(const OathToken& from, TokenSpec& spec) {
  spec.public_id = from.token_identifier();
  spec.secret = SecretBytes(from.secret());
  spec.digits = from.digits();
  spec.window = from.window();
  PAWL_ASSIGN_OR_RETURN(spec.hash, FromProto(from.hash()));
  return OkStatus();
}

Status FillTotp(const v1::TotpToken& from, TokenSpec& spec) {
  spec.kind = TokenKind::kTotp;
  if (from.period().nanos() != 0) {
    return InvalidField("period", "must be whole seconds");
  }
  if (from.start_time().nanos() != 0) {
    return InvalidField("start_time", "must be whole seconds");
  }
  spec.period = from.period().seconds();
  spec.t0 = from.start_time().seconds();
  return FillOath(from, spec);
}

void FillMotp(const v1::MotpToken& from, TokenSpec& spec) {
  spec.kind = TokenKind::kMotp;
  spec.secret = SecretBytes(from.secret());
  spec.motp_pin = SecretBytes(from.pin());
  spec.window = from.window();
}

StatusOr<TokenSpec> SpecFrom(const v1::RegisterTokenRequest& request) {
  TokenSpec spec;
  spec.label = request.label();
  spec.generate = request.generate();
  if (!request.account_id().empty()) {
    PAWL_ASSIGN_OR_RETURN(
        spec.account,
        IdFrom<db::AccountTag>("account_id", request.account_id()));
  }
  switch (request.kind_case()) {
    case v1::RegisterTokenRequest::kYubico:
      FillYubico(request.yubico(), spec);
      return spec;
    case v1::RegisterTokenRequest::kHotp:
      spec.kind = TokenKind::kHotp;
      spec.counter = request.hotp().counter();
      PAWL_RETURN_IF_ERROR(FillOath(request.hotp(), spec));
      return spec;
    case v1::RegisterTokenRequest::kTotp:
      PAWL_RETURN_IF_ERROR(FillTotp(request.totp(), spec));
      return spec;
    case v1::RegisterTokenRequest::kMotp:
      FillMotp(request.motp(), spec);
      return spec;
    case v1::RegisterTokenRequest::KIND_NOT_SET:
      return InvalidField("kind",
                          "one of yubico, hotp, totp, motp must be set");
  }
  return Internal("unknown token kind");
}

std::string UriOf(const RegisteredToken& registered, const KeyAccess& access) {
  const TokenRecord& token = registered.token;
  const std::string name =
      token.label.empty() ? db::ToString(token.id) : token.label;
  if (token.kind == TokenKind::kYubico) {
    return {};
  }
  if (token.kind == TokenKind::kMotp) {
    return oath::MotpUri(kIssuer, name,
                         AsText(registered.secret.Reveal(access)));
  }
  return oath::ToString(
      {.time_based = token.kind == TokenKind::kTotp,
       .issuer = kIssuer,
       .account = name,
       .secret = registered.secret.Reveal(access),
       .hash = token.hash,
       .digits = token.digits,
       .period = token.period,
       .counter = token.position.has_value() ? *token.position + 1 : 0});
}

// The only place where a secret leaves the server: once, to who asked for it.
void FillGenerated(const RegisteredToken& registered,
                   v1::GeneratedSecret* out) {
  const KeyAccess access = GrantKeyAccess();
  out->set_secret(std::string(AsText(registered.secret.Reveal(access))));
  out->set_private_id(
      std::string(AsText(registered.private_id.Reveal(access))));
  out->set_uri(UriOf(registered, access));
}

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
        ToProto(registered.token, services().throttle,
                response->mutable_token());
        if (!registered.secret.empty()) {
          FillGenerated(registered, response->mutable_generated());
        }
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
