#include "validator/grpc/convert.h"

#include <array>
#include <string>
#include <utility>

namespace pawl::validator {
namespace {

// Domain and proto numbers are the same; these pin it at compile time for the
// ends of each range, tests/validator/grpc/convert_test.cc for all.
static_assert(static_cast<int>(db::Verdict::kRefused) == v1::VERDICT_REFUSED);
static_assert(static_cast<int>(db::Reason::kNotConsecutive) ==
              v1::REASON_NOT_CONSECUTIVE);
static_assert(static_cast<int>(db::TokenKind::kMotp) == v1::TOKEN_KIND_MOTP);
static_assert(static_cast<int>(Hash::kSha512) == v1::HASH_ALGORITHM_SHA512);

constexpr std::array<std::pair<db::Hint, v1::Hint>, 5> kHints = {{
    {db::Hint::kRepeatedAttempt, v1::HINT_REPEATED_ATTEMPT},
    {db::Hint::kCounterJump, v1::HINT_COUNTER_JUMP},
    {db::Hint::kClockDrift, v1::HINT_CLOCK_DRIFT},
    {db::Hint::kKeyboardLayout, v1::HINT_KEYBOARD_LAYOUT},
    {db::Hint::kUpperCase, v1::HINT_UPPER_CASE},
}};

constexpr std::array<std::pair<db::Role, v1::Role>, 3> kRoles = {{
    {db::Role::kLogin, v1::ROLE_LOGIN},
    {db::Role::kAdmin, v1::ROLE_ADMIN},
    {db::Role::kAudit, v1::ROLE_AUDIT},
}};

bool IsLocked(const db::ThrottleState& state, const ThrottlePolicy& throttle) {
  return state.failures >= throttle.lock_at;
}

template <typename Tag>
std::string TextOrEmpty(const std::optional<db::Id<Tag>>& id) {
  return id.has_value() ? db::ToString(*id) : std::string();
}

}  // namespace

grpc::Status ToGrpc(const Status& status, grpc::ServerContext& context) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  if (std::string field = FieldOf(status); !field.empty()) {
    context.AddTrailingMetadata("pawl-field", field);
  }
  return {static_cast<grpc::StatusCode>(status.code()), MessageOf(status)};
}

void ToProto(const Status& status, v1::CallError& error) {
  error.set_code(static_cast<int32_t>(status.code()));
  error.set_message(MessageOf(status));
  error.set_field(FieldOf(status));
}

v1::Verdict ToProto(db::Verdict verdict) {
  return static_cast<v1::Verdict>(verdict);
}
v1::Reason ToProto(db::Reason reason) {
  return static_cast<v1::Reason>(reason);
}
v1::TokenKind ToProto(db::TokenKind kind) {
  return static_cast<v1::TokenKind>(kind);
}
v1::HashAlgorithm ToProto(Hash hash) {
  return static_cast<v1::HashAlgorithm>(hash);
}

void ToProto(db::Hints hints, google::protobuf::RepeatedField<int>* out) {
  for (const auto& [hint, proto] : kHints) {
    if (Has(hints, hint)) {
      out->Add(proto);
    }
  }
}

void ToProto(UnixTime time, google::protobuf::Timestamp* out) {
  constexpr int64_t kMillisPerSecond = 1000;
  constexpr int64_t kNanosPerMilli = 1000000;
  const int64_t seconds = ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(
      (ToUnixMillis(time) - seconds * kMillisPerSecond) * kNanosPerMilli));
}

void ToProto(const db::TokenRecord& token, const ThrottlePolicy& throttle,
             v1::Token* out) {
  out->set_id(db::ToString(token.id));
  out->set_kind(ToProto(token.kind));
  out->set_account_id(TextOrEmpty(token.account));
  out->set_label(token.label);
  out->set_enabled(token.enabled);
  out->set_public_id(token.public_id);
  out->set_digits(token.digits);
  out->set_window(static_cast<int32_t>(token.window));
  out->set_drift(token.drift);
  out->set_failures(static_cast<int32_t>(token.throttle.failures));
  out->set_locked(IsLocked(token.throttle, throttle));
  if (token.kind == db::TokenKind::kHotp ||
      token.kind == db::TokenKind::kTotp) {
    out->set_hash(ToProto(token.hash));
  }
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

void ToProto(const db::AccountRecord& account, const ThrottlePolicy& throttle,
             v1::Account* out) {
  out->set_id(db::ToString(account.id));
  out->set_login(account.login);
  out->set_enabled(account.enabled);
  out->set_has_pin(!account.pin_mac.empty());
  out->set_failures(static_cast<int32_t>(account.throttle.failures));
  out->set_locked(IsLocked(account.throttle, throttle));
  ToProto(account.created, out->mutable_create_time());
}

void ToProto(const db::AccountSnapshot& account, const ThrottlePolicy& throttle,
             v1::Account* out) {
  ToProto(account.account, throttle, out);
  for (const db::TokenRecord& token : account.tokens) {
    out->add_token_ids(db::ToString(token.id));
  }
}

void ToProto(const db::ClientRecord& client, v1::Client* out) {
  out->set_id(db::ToString(client.id));
  out->set_name(client.name);
  for (const auto& [role, proto] : kRoles) {
    if (db::Has(client.roles, role)) {
      out->add_roles(proto);
    }
  }
  out->set_see_reasons(client.see_reasons);
  ToProto(client.created, out->mutable_create_time());
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
  if (entry.position.has_value()) {
    out->set_position(static_cast<int64_t>(*entry.position));
  }
  ToProto(entry.hints, out->mutable_hints());
  out->set_service(entry.service);
  out->set_client_address(entry.client_address);
}

StatusOr<Hash> FromProto(v1::HashAlgorithm hash) {
  if (hash == v1::HASH_ALGORITHM_UNSPECIFIED) {
    return Hash::kSha1;
  }
  if (!v1::HashAlgorithm_IsValid(hash)) {
    return InvalidField("hash", "is not a known hash algorithm");
  }
  return static_cast<Hash>(hash);
}

StatusOr<db::Roles> FromProto(
    const google::protobuf::RepeatedField<int>& roles) {
  db::Roles set = 0;
  for (const int asked : roles) {
    db::Roles one = 0;
    for (const auto& [role, proto] : kRoles) {
      if (asked == proto) {
        one = static_cast<db::Roles>(role);
      }
    }
    if (one == 0) {
      return InvalidField("roles", "has an unknown role");
    }
    set |= one;
  }
  return set;
}

}  // namespace pawl::validator
