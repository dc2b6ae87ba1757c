// Convert: domain values to pawl.v1 and back, and the one map from Status to
// grpc::Status. Whole records are in validator/grpc/convert_records.h.
//
// Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/repeated_field.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "base/crypto.h"
#include "base/status.h"
#include "base/time.h"
#include "db/record.h"
#include "pawl/v1/account.pb.h"
#include "pawl/v1/client.pb.h"
#include "pawl/v1/device.pb.h"
#include "pawl/v1/token.pb.h"
#include "pawl/v1/verdict.pb.h"
#include "validator/core/catalogue.h"
#include "validator/service/recovery.h"

namespace pawl::validator {

// The same canonical code and message. An error caused by one request field
// also carries it as trailing metadata "pawl-field".
[[nodiscard]] grpc::Status ToGrpc(const Status& status,
                                  grpc::ServerContext& context);

// The same as a message of a stream. `status` is an error.
void ToProto(const Status& status, v1::CallError& error);

[[nodiscard]] v1::Verdict ToProto(db::Verdict verdict);
[[nodiscard]] v1::Reason ToProto(db::Reason reason);
[[nodiscard]] v1::TokenKind ToProto(db::TokenKind kind);
[[nodiscard]] v1::HashAlgorithm ToProto(Hash hash);
[[nodiscard]] v1::Policy ToProto(db::AccountPolicy policy);
[[nodiscard]] v1::DeviceKind ToProto(db::DeviceKind kind);
// Unspecified for what is no failure.
[[nodiscard]] v1::Cause ToProto(db::Cause cause);
[[nodiscard]] v1::ServiceKind ToProto(ServiceKind kind);
void ToProto(db::Hints hints, google::protobuf::RepeatedField<int>* out);
void RolesToProto(db::Roles roles, google::protobuf::RepeatedField<int>* out);
void ToProto(UnixTime time, google::protobuf::Timestamp* out);
// `duration` is not negative.
void ToProto(Millis duration, google::protobuf::Duration* out);

// INVALID_ARGUMENT naming the field "hash".
[[nodiscard]] StatusOr<Hash> FromProto(v1::HashAlgorithm hash);
// INVALID_ARGUMENT naming the field "roles".
[[nodiscard]] StatusOr<db::Roles> FromProto(
    const google::protobuf::RepeatedField<int>& roles);
// INVALID_ARGUMENT naming the field "policy", also when it is unspecified.
[[nodiscard]] StatusOr<db::AccountPolicy> FromProto(v1::Policy policy);
// The same, but unspecified is none.
[[nodiscard]] StatusOr<std::optional<db::AccountPolicy>> PolicyIfSpecified(
    v1::Policy policy);
// INVALID_ARGUMENT naming the field "tokens".
[[nodiscard]] StatusOr<ResetTokens> FromProto(v1::ResetTokens tokens);

// Rounded to milliseconds, times down and durations towards zero.
// INVALID_ARGUMENT naming `field` for what is outside the range that protobuf
// gives to these messages.
[[nodiscard]] StatusOr<UnixTime> FromProto(
    std::string_view field, const google::protobuf::Timestamp& time);
[[nodiscard]] StatusOr<Millis> FromProto(
    std::string_view field, const google::protobuf::Duration& duration);

// The id in `text`, or INVALID_ARGUMENT naming `field`.
template <typename Tag>
[[nodiscard]] StatusOr<db::Id<Tag>> IdFrom(std::string_view field,
                                           std::string_view text) {
  const std::optional<db::Id<Tag>> id = db::ParseId<Tag>(text);
  if (!id.has_value()) {
    return InvalidField(field, "is not an id of the form \"" +
                                   std::string(Tag::kPrefix) + "...\"");
  }
  return *id;
}

// The id of the field that is called so in every request.
[[nodiscard]] inline StatusOr<db::AccountId> AccountIdFrom(
    std::string_view text) {
  return IdFrom<db::AccountTag>("account_id", text);
}
[[nodiscard]] inline StatusOr<db::TokenId> TokenIdFrom(std::string_view text) {
  return IdFrom<db::TokenTag>("token_id", text);
}

}  // namespace pawl::validator
