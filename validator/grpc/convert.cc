#include "validator/grpc/convert.h"

#include <array>
#include <utility>

namespace pawl::validator {
namespace {

// Domain and proto numbers are the same; these pin it at compile time for the
// ends of each range, tests/validator/grpc/convert_test.cc for all.
static_assert(static_cast<int>(db::Verdict::kDelegated) ==
              v1::VERDICT_DELEGATED);
static_assert(static_cast<int>(db::Reason::kScope) == v1::REASON_SCOPE);
static_assert(static_cast<int>(db::TokenKind::kMotp) == v1::TOKEN_KIND_MOTP);
static_assert(static_cast<int>(db::TokenKind::kYubicloud) ==
              v1::TOKEN_KIND_YUBICLOUD);
static_assert(static_cast<int>(Hash::kSha512) == v1::HASH_ALGORITHM_SHA512);
static_assert(static_cast<int>(db::AccountPolicy::kOtpOnly) ==
              v1::POLICY_OTP_ONLY);
static_assert(static_cast<int>(db::DeviceKind::kLogin) ==
              v1::DEVICE_KIND_LOGIN);
static_assert(static_cast<int>(db::Cause::kDevicePassword) ==
              v1::CAUSE_DEVICE_PASSWORD);

constexpr std::array<std::pair<db::Hint, v1::Hint>, 8> kHints = {{
    {db::Hint::kRepeatedAttempt, v1::HINT_REPEATED_ATTEMPT},
    {db::Hint::kCounterJump, v1::HINT_COUNTER_JUMP},
    {db::Hint::kClockDrift, v1::HINT_CLOCK_DRIFT},
    {db::Hint::kKeyboardLayout, v1::HINT_KEYBOARD_LAYOUT},
    {db::Hint::kUpperCase, v1::HINT_UPPER_CASE},
    {db::Hint::kFirstFactorKnown, v1::HINT_FIRST_FACTOR_KNOWN},
    {db::Hint::kCloneSuspected, v1::HINT_CLONE_SUSPECTED},
    {db::Hint::kDelayed, v1::HINT_DELAYED},
}};

constexpr std::array<std::pair<db::Role, v1::Role>, 4> kRoles = {{
    {db::Role::kLogin, v1::ROLE_LOGIN},
    {db::Role::kAdmin, v1::ROLE_ADMIN},
    {db::Role::kAudit, v1::ROLE_AUDIT},
    {db::Role::kSelfService, v1::ROLE_SELF_SERVICE},
}};

constexpr int64_t kMillisPerSecond = 1000;
constexpr int32_t kNanosPerMilli = 1'000'000;
constexpr int32_t kNanosPerSecond = 1'000'000'000;
// The ranges of Timestamp (years 1 to 9999) and Duration (10000 years), by
// their own definition. Their milliseconds fit UnixTime and Millis.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;
constexpr int64_t kLongestSeconds = 315'576'000'000;

bool IsWithin(int64_t value, int64_t least, int64_t most) {
  return least <= value && value <= most;
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
v1::Policy ToProto(db::AccountPolicy policy) {
  return static_cast<v1::Policy>(policy);
}
v1::DeviceKind ToProto(db::DeviceKind kind) {
  return static_cast<v1::DeviceKind>(kind);
}

v1::Cause ToProto(db::Cause cause) {
  switch (cause) {
    case db::Cause::kUnknown:
    case db::Cause::kUndecryptable:
    case db::Cause::kWrongPin:
    case db::Cause::kWrongCode:
    case db::Cause::kPassword:
    case db::Cause::kDevicePassword:
      return static_cast<v1::Cause>(cause);
    case db::Cause::kExplain:
    case db::Cause::kUsualPlace:
      break;
  }
  return v1::CAUSE_UNSPECIFIED;
}

v1::ServiceKind ToProto(ServiceKind kind) {
  return kind == ServiceKind::kInteractive ? v1::SERVICE_KIND_INTERACTIVE
                                           : v1::SERVICE_KIND_SYNC;
}

void ToProto(db::Hints hints, google::protobuf::RepeatedField<int>* out) {
  for (const auto& [hint, proto] : kHints) {
    if (Has(hints, hint)) {
      out->Add(proto);
    }
  }
}

void RolesToProto(db::Roles roles, google::protobuf::RepeatedField<int>* out) {
  for (const auto& [role, proto] : kRoles) {
    if (db::Has(roles, role)) {
      out->Add(proto);
    }
  }
}

void ToProto(UnixTime time, google::protobuf::Timestamp* out) {
  const int64_t seconds = ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(
      static_cast<int32_t>(ToUnixMillis(time) - seconds * kMillisPerSecond) *
      kNanosPerMilli);
}

void ToProto(Millis duration, google::protobuf::Duration* out) {
  out->set_seconds(duration.count() / kMillisPerSecond);
  out->set_nanos(static_cast<int32_t>(duration.count() % kMillisPerSecond) *
                 kNanosPerMilli);
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

StatusOr<db::AccountPolicy> FromProto(v1::Policy policy) {
  if (policy == v1::POLICY_UNSPECIFIED) {
    return InvalidField("policy", "must be given");
  }
  if (!v1::Policy_IsValid(policy)) {
    return InvalidField("policy", "is not a known policy");
  }
  return static_cast<db::AccountPolicy>(policy);
}

StatusOr<std::optional<db::AccountPolicy>> PolicyIfSpecified(
    v1::Policy policy) {
  if (policy == v1::POLICY_UNSPECIFIED) {
    return std::nullopt;
  }
  return FromProto(policy);
}

StatusOr<ResetTokens> FromProto(v1::ResetTokens tokens) {
  if (!v1::ResetTokens_IsValid(tokens)) {
    return InvalidField("tokens", "is not a known way to reset");
  }
  return tokens == v1::RESET_TOKENS_DISABLE ? ResetTokens::kDisable
                                            : ResetTokens::kUnassign;
}

StatusOr<UnixTime> FromProto(std::string_view field,
                             const google::protobuf::Timestamp& time) {
  if (!IsWithin(time.seconds(), kFirstSecond, kLastSecond) ||
      !IsWithin(time.nanos(), 0, kNanosPerSecond - 1)) {
    return InvalidField(field, "is no time in the years 1 to 9999");
  }
  return FromUnixMillis(time.seconds() * kMillisPerSecond +
                        time.nanos() / kNanosPerMilli);
}

StatusOr<Millis> FromProto(std::string_view field,
                           const google::protobuf::Duration& duration) {
  const bool same_sign = duration.seconds() == 0 || duration.nanos() == 0 ||
                         (duration.seconds() < 0) == (duration.nanos() < 0);
  if (!IsWithin(duration.seconds(), -kLongestSeconds, kLongestSeconds) ||
      !IsWithin(duration.nanos(), 1 - kNanosPerSecond, kNanosPerSecond - 1) ||
      !same_sign) {
    return InvalidField(field, "is no duration of at most 10000 years");
  }
  return Millis(duration.seconds() * kMillisPerSecond +
                duration.nanos() / kNanosPerMilli);
}

}  // namespace pawl::validator
