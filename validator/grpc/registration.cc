#include "validator/grpc/registration.h"

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/key_access.h"
#include "oath/otpauth_uri.h"
#include "validator/grpc/convert.h"

namespace pawl::validator {
namespace {

using db::TokenKind;
using db::TokenRecord;

constexpr std::string_view kIssuer = "Pawl";

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

std::string UriOf(const RegisteredToken& registered, const KeyAccess& access) {
  const TokenRecord& token = registered.token;
  const std::string name =
      token.label.empty() ? db::ToString(token.id) : token.label;
  if (db::IsYubiKey(token.kind)) {
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

}  // namespace

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
    case v1::RegisterTokenRequest::kYubicloud:
      spec.kind = TokenKind::kYubicloud;
      spec.public_id = request.yubicloud().public_id();
      return spec;
    case v1::RegisterTokenRequest::KIND_NOT_SET:
      return InvalidField(
          "kind", "one of yubico, hotp, totp, motp, yubicloud must be set");
  }
  return Internal("unknown token kind");
}

v1::GeneratedSecret GeneratedOf(const RegisteredToken& registered) {
  const KeyAccess access = GrantKeyAccess();
  v1::GeneratedSecret out;
  out.set_secret(std::string(AsText(registered.secret.Reveal(access))));
  out.set_private_id(std::string(AsText(registered.private_id.Reveal(access))));
  out.set_uri(UriOf(registered, access));
  return out;
}

}  // namespace pawl::validator
