#include "validator/grpc/convert_records.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "db/spare_codes.h"
#include "validator/grpc/convert.h"

namespace pawl::validator {
namespace {

using RepeatedText = google::protobuf::RepeatedPtrField<std::string>;

template <typename Tag>
std::string TextOrEmpty(const std::optional<db::Id<Tag>>& id) {
  return id.has_value() ? db::ToString(*id) : std::string();
}

void AddNames(const std::vector<std::string>& names, RepeatedText* out) {
  out->Add(names.begin(), names.end());
}

// A temporary code is none: it was made for one day, not to be kept.
int32_t RecoveryCodesLeft(const db::AccountRecord& account) {
  const std::vector<db::SpareCode> codes =
      db::UnpackSpareCodes(account.spare_codes);
  return static_cast<int32_t>(
      std::count_if(codes.begin(), codes.end(), [](const db::SpareCode& code) {
        return !code.used && !code.expires.has_value();
      }));
}

// What the kind of a token alone says. The drift of a Yubico token is no number
// of steps.
void FillOfKind(const db::TokenRecord& token, v1::Token* out) {
  switch (token.kind) {
    case db::TokenKind::kYubico:
    case db::TokenKind::kYubicloud:
      break;
    case db::TokenKind::kHotp:
      out->set_hash(ToProto(token.hash));
      break;
    case db::TokenKind::kTotp:
      out->set_hash(ToProto(token.hash));
      out->set_drift(token.drift);
      break;
    case db::TokenKind::kMotp:
      out->set_drift(token.drift);
      break;
  }
}

// A session is made like a device password and typed like one.
v1::CredentialKind KindOf(CredentialKind kind) {
  switch (kind) {
    case CredentialKind::kCode:
      return v1::CREDENTIAL_KIND_CODE;
    case CredentialKind::kAccountPassword:
      return v1::CREDENTIAL_KIND_ACCOUNT_PASSWORD;
    case CredentialKind::kDevicePassword:
    case CredentialKind::kSession:
      return v1::CREDENTIAL_KIND_DEVICE_PASSWORD;
  }
  return v1::CREDENTIAL_KIND_UNSPECIFIED;
}

v1::Freshness FreshnessOf(Freshness freshness) {
  switch (freshness) {
    case Freshness::kNone:
      return v1::FRESHNESS_NONE;
    case Freshness::kFresh:
      return v1::FRESHNESS_FRESH;
    case Freshness::kStale:
      return v1::FRESHNESS_STALE;
  }
  return v1::FRESHNESS_UNSPECIFIED;
}

void FillReading(const ExplainedReading& reading, v1::CredentialReading* out) {
  out->set_kind(reading.recovery_code ? v1::CREDENTIAL_KIND_RECOVERY_CODE
                                      : KindOf(reading.kind));
  out->set_device_id(TextOrEmpty(reading.device));
  if (reading.kind == CredentialKind::kCode) {
    out->set_pin_length(static_cast<int32_t>(reading.pin_length));
    out->set_freshness(FreshnessOf(reading.freshness));
  }
  if (reading.token.has_value()) {
    out->set_token_id(db::ToString(reading.token->id));
    out->set_token_kind(ToProto(reading.token->kind));
  }
  out->set_distance(static_cast<int64_t>(reading.distance));
  out->set_drift(reading.drift);
  ToProto(reading.hints, out->mutable_hints());
  if (reading.obstacle.has_value()) {
    out->set_obstacle(ToProto(*reading.obstacle));
  }
}

// Each once. Who may type a code may type a recovery code.
void AddPermitted(const std::vector<CredentialKind>& permitted,
                  v1::ExplainCredentialResponse* out) {
  const auto add = [out](v1::CredentialKind kind) {
    if (std::find(out->permitted().begin(), out->permitted().end(), kind) ==
        out->permitted().end()) {
      out->add_permitted(kind);
    }
  };
  for (const CredentialKind kind : permitted) {
    add(KindOf(kind));
    if (kind == CredentialKind::kCode) {
      add(v1::CREDENTIAL_KIND_RECOVERY_CODE);
    }
  }
}

}  // namespace

void ToProto(const db::TokenRecord& token, const ThrottlePolicy& throttle,
             v1::Token* out) {
  out->set_id(db::ToString(token.id));
  out->set_kind(ToProto(token.kind));
  out->set_account_id(TextOrEmpty(token.account));
  out->set_label(token.label);
  out->set_enabled(token.enabled);
  out->set_confirmed(token.confirmed);
  out->set_public_id(token.public_id);
  out->set_digits(token.digits);
  out->set_window(static_cast<int32_t>(token.window));
  out->set_failures(static_cast<int32_t>(token.throttle.failures));
  out->set_locked(token.throttle.failures >= throttle.lock_at);
  FillOfKind(token, out);
  if (token.period > 0) {
    out->mutable_period()->set_seconds(token.period);
  }
  if (token.position.has_value()) {
    out->set_position(static_cast<int64_t>(*token.position));
  }
  ToProto(token.created, out->mutable_create_time());
  if (token.last_used.has_value()) {
    ToProto(*token.last_used, out->mutable_last_used_time());
  }
}

void ToProto(const db::AccountRecord& account, v1::Account* out) {
  out->set_id(db::ToString(account.id));
  out->set_login(account.login);
  out->set_enabled(account.enabled);
  out->set_has_pin(!account.pin_mac.empty());
  out->set_policy(ToProto(account.policy));
  out->set_has_password(!account.password.empty());
  out->set_device_passwords(account.device_passwords);
  out->set_recovery_codes_left(RecoveryCodesLeft(account));
  out->set_failures(static_cast<int32_t>(account.throttle.failures));
  ToProto(account.created, out->mutable_create_time());
}

void ToProto(const db::AccountSnapshot& account, v1::Account* out) {
  ToProto(account.account, out);
  for (const db::TokenRecord& token : account.tokens) {
    out->add_token_ids(db::ToString(token.id));
  }
}

void ToProto(const Block& block, v1::Block* out) {
  out->set_cause(ToProto(block.cause));
  out->set_source(block.source);
  out->set_service(block.service);
  out->set_failures(static_cast<int32_t>(block.failures));
  if (block.retry_after > Millis{0}) {
    ToProto(block.retry_after, out->mutable_retry_after());
  }
}

void ToProto(const db::ClientRecord& client, v1::Client* out) {
  out->set_id(db::ToString(client.id));
  out->set_name(client.name);
  RolesToProto(client.roles, out->mutable_roles());
  out->set_see_reasons(client.see_reasons);
  AddNames(SplitNames(client.services), out->mutable_services());
  if (!client.sealed_key.empty()) {
    out->set_wsapi_number(static_cast<int64_t>(client.id.value));
  }
  ToProto(client.created, out->mutable_create_time());
}

void ToProto(const db::DeviceRecord& device, v1::Device* out) {
  out->set_id(db::ToString(device.id));
  out->set_account_id(db::ToString(device.account));
  out->set_kind(ToProto(device.kind));
  out->set_type(device.type);
  out->set_name(device.name);
  AddNames(SplitNames(device.scopes), out->mutable_scopes());
  ToProto(device.created, out->mutable_create_time());
  if (device.last_used.has_value()) {
    ToProto(*device.last_used, out->mutable_last_used_time());
  }
  out->set_last_address(device.last_address);
  out->set_last_service(device.last_service);
  if (device.expires.has_value()) {
    ToProto(*device.expires, out->mutable_expire_time());
  }
}

void ToProto(const db::AuditEntry& entry, v1::AuditEntry* out) {
  out->set_sequence(entry.sequence);
  ToProto(entry.at, out->mutable_time());
  out->set_event(std::string(db::ToString(entry.event)));
  if (entry.reason.has_value()) {
    out->set_verdict(ToProto(db::VerdictOf(*entry.reason)));
    out->set_reason(ToProto(*entry.reason));
  }
  out->set_caller(entry.caller);
  out->set_account_id(TextOrEmpty(entry.account));
  out->set_token_id(TextOrEmpty(entry.token));
  out->set_client_id(TextOrEmpty(entry.client));
  out->set_device_id(TextOrEmpty(entry.device));
  if (entry.position.has_value()) {
    out->set_position(static_cast<int64_t>(*entry.position));
  }
  ToProto(entry.hints, out->mutable_hints());
  out->set_service(entry.service);
  out->set_client_address(entry.client_address);
  out->set_count(static_cast<int32_t>(entry.count));
}

void ToProto(const Catalogue& catalogue, v1::ListServicesResponse* out) {
  for (const Service& service : catalogue.services()) {
    v1::ServiceInfo* info = out->add_services();
    info->set_name(service.name);
    info->set_kind(ToProto(service.kind));
    info->set_scope(service.scope);
    info->set_internal(service.internal);
  }
  for (const DeviceType& type : catalogue.types()) {
    v1::DeviceType* named = out->add_device_types();
    named->set_name(type.name);
    AddNames(type.scopes, named->mutable_scopes());
  }
}

void ToProto(const Explanation& explanation,
             v1::ExplainCredentialResponse* out) {
  AddPermitted(explanation.permitted, out);
  for (const ExplainedReading& reading : explanation.readings) {
    FillReading(reading, out->add_readings());
  }
}

}  // namespace pawl::validator
