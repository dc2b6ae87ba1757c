// gMock matchers for Status and StatusOr: IsOk(), IsOkAndHolds(m),
// StatusIs(code) and StatusIs(code, message matcher). Each takes either type.
//
//   EXPECT_THAT(store.Get(7), IsOkAndHolds(Field(&Record::name, "a")));
//   EXPECT_THAT(status, StatusIs(StatusCode::kNotFound, HasSubstr("token")));
#pragma once

#include <ostream>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "base/status.h"

namespace pawl::testing {

MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  const Status& status = internal::StatusOf(arg);
  *result_listener << ToString(status);
  return status.ok();
}

MATCHER_P(
    IsOkAndHolds, value_matcher,
    "is OK and holds a value that " +
        ::testing::DescribeMatcher<typename std::decay_t<arg_type>::value_type>(
            value_matcher, negation)) {
  if (!arg.ok()) {
    *result_listener << ToString(arg.status());
    return false;
  }
  return ::testing::ExplainMatchResult(value_matcher, *arg, result_listener);
}

MATCHER_P2(StatusIs, code, message_matcher,
           "has the code " + absl::StatusCodeToString(code) +
               " and a message that " +
               ::testing::DescribeMatcher<std::string>(message_matcher,
                                                       negation)) {
  const Status& status = internal::StatusOf(arg);
  *result_listener << ToString(status);
  return status.code() == code &&
         ::testing::ExplainMatchResult(message_matcher, MessageOf(status),
                                       result_listener);
}

inline auto StatusIs(StatusCode code) {
  return StatusIs(code, ::testing::_);
}

}  // namespace pawl::testing
