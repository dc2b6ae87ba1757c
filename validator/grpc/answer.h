// Answer: an outcome as a caller may see it.
//
// A caller without the right to see reasons gets accepted or refused and
// nothing that tells one refusal from another.
#pragma once

#include <string>
#include <vector>

#include <google/protobuf/repeated_ptr_field.h>

#include "base/secret.h"
#include "pawl/v1/audit.pb.h"
#include "validator/grpc/authenticator.h"
#include "validator/grpc/convert.h"
#include "validator/grpc/convert_records.h"
#include "validator/service/judge.h"

namespace pawl::validator {

// True when the answer may name account, token or device: always on a yes.
[[nodiscard]] inline bool MayName(const Outcome& outcome,
                                  const Caller& caller) {
  return caller.see_reasons || db::IsAccepted(outcome.reason);
}

// Fills verdict and reason.
template <typename Response>
void AnswerReason(const Outcome& outcome, const Caller& caller,
                  Response& response) {
  response.set_verdict(ToProto(db::VerdictOf(outcome.reason)));
  if (caller.see_reasons) {
    response.set_reason(ToProto(outcome.reason));
  }
}

// The same with retry_after, which every checking response has.
template <typename Response>
void AnswerVerdict(const Outcome& outcome, const Caller& caller,
                   Response& response) {
  AnswerReason(outcome, caller, response);
  if (caller.see_reasons && outcome.retry_after > Millis{0}) {
    ToProto(outcome.retry_after, response.mutable_retry_after());
  }
}

// The same with the token and hints, for checks of a credential or code.
template <typename Response>
void Answer(const Outcome& outcome, const Caller& caller, Response& response) {
  AnswerVerdict(outcome, caller, response);
  if (!caller.see_reasons) {
    return;
  }
  ToProto(outcome.hints, response.mutable_hints());
  if (outcome.token.has_value()) {
    response.set_token_id(db::ToString(*outcome.token));
  }
}

// Tells a secret that is shown once and wipes where it came from.
inline void HandOut(std::string& secret, std::string& out) {
  out = secret;
  Wipe(secret);
}
inline void HandOut(std::vector<std::string>& secrets,
                    google::protobuf::RepeatedPtrField<std::string>& out) {
  for (std::string& secret : secrets) {
    HandOut(secret, *out.Add());
  }
}

// An audit entry as `caller` may see it, by the same rule: nothing in the entry
// of a refused check depends on why.
inline void Answer(const db::AuditEntry& entry, const Caller& caller,
                   v1::AuditEntry& out) {
  ToProto(entry, &out);
  if (caller.see_reasons || !entry.reason.has_value()) {
    return;
  }
  out.clear_reason();
  out.clear_hints();
  if (out.verdict() != v1::VERDICT_ACCEPTED) {
    out.clear_token_id();
    out.clear_device_id();
    out.clear_position();
  }
}

}  // namespace pawl::validator
