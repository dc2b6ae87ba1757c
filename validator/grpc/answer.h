// Answer: an outcome as a caller may see it.
//
// A caller without the right to see reasons gets accepted or refused and
// nothing that tells one refusal from another.
#pragma once

#include <google/protobuf/duration.pb.h>

#include "validator/grpc/authenticator.h"
#include "validator/grpc/convert.h"
#include "validator/service/judge.h"

namespace pawl::validator {

// True when the answer may name the account or token: always on a yes.
[[nodiscard]] inline bool MayName(const Outcome& outcome,
                                  const Caller& caller) {
  return caller.see_reasons ||
         db::VerdictOf(outcome.reason) == db::Verdict::kAccepted;
}

// Rounded up to whole milliseconds by nature of Millis.
inline void ToProto(Millis duration, google::protobuf::Duration* out) {
  constexpr int64_t kMillisPerSecond = 1000;
  constexpr int32_t kNanosPerMilli = 1000000;
  out->set_seconds(duration.count() / kMillisPerSecond);
  out->set_nanos(static_cast<int32_t>(duration.count() % kMillisPerSecond) *
                 kNanosPerMilli);
}

// Fills verdict, reason and retry_after, which every checking response has.
template <typename Response>
void AnswerVerdict(const Outcome& outcome, const Caller& caller,
                   Response& response) {
  response.set_verdict(ToProto(db::VerdictOf(outcome.reason)));
  if (!caller.see_reasons) {
    return;
  }
  response.set_reason(ToProto(outcome.reason));
  if (outcome.retry_after > Millis{0}) {
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

}  // namespace pawl::validator
