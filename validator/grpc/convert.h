// Convert: domain values to pawl.v1 messages and back, and the one map from
// Status to grpc::Status.
//
// Pure; thread-safe.
#pragma once

#include <string_view>

#include <google/protobuf/repeated_field.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "base/crypto.h"
#include "base/status.h"
#include "base/time.h"
#include "db/store.h"
#include "pawl/v1/account.pb.h"
#include "pawl/v1/audit.pb.h"
#include "pawl/v1/client.pb.h"
#include "pawl/v1/token.pb.h"
#include "pawl/v1/verdict.pb.h"
#include "validator/core/throttle.h"

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
void ToProto(db::Hints hints, google::protobuf::RepeatedField<int>* out);
void ToProto(UnixTime time, google::protobuf::Timestamp* out);

void ToProto(const db::TokenRecord& token, const ThrottlePolicy& throttle,
             v1::Token* out);
void ToProto(const db::AccountRecord& account, const ThrottlePolicy& throttle,
             v1::Account* out);
// With the ids of its tokens.
void ToProto(const db::AccountSnapshot& account, const ThrottlePolicy& throttle,
             v1::Account* out);
void ToProto(const db::ClientRecord& client, v1::Client* out);
void ToProto(const db::AuditEntry& entry, v1::AuditEntry* out);

// INVALID_ARGUMENT naming the field "hash".
[[nodiscard]] StatusOr<Hash> FromProto(v1::HashAlgorithm hash);
// INVALID_ARGUMENT naming the field "roles".
[[nodiscard]] StatusOr<db::Roles> FromProto(
    const google::protobuf::RepeatedField<int>& roles);

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

}  // namespace pawl::validator
