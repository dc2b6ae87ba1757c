#include "validator/core/pin.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::validator {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(Pin, TakesFourToSixtyFourCharactersOfAnyScript) {
  for (const std::string pin :
       {"1234", "cbde", "pässwörd", "密码密码", "a b c", "0000"}) {
    EXPECT_THAT(AcceptNewPin(pin, 4), IsOk()) << pin;
  }
  EXPECT_THAT(AcceptNewPin(std::string(64, 'x'), 4), IsOk());
}

TEST(Pin, RefusesOthersAndNamesTheField) {
  const std::string cases[] = {"",
                               "123",
                               "äöü",  // three characters in six bytes
                               std::string(65, 'x'),
                               "12\n34",
                               "1234\x7f",
                               "1234\xff",
                               std::string("12\0"
                                           "34",
                                           5)};
  for (const std::string& pin : cases) {
    const StatusOr<std::string> result = AcceptNewPin(pin, 4);
    EXPECT_THAT(result, StatusIs(StatusCode::kInvalidArgument)) << pin;
    EXPECT_EQ(FieldOf(result.status()), "pin");
  }
}

TEST(Pin, TheServersMinimumIsKept) {
  EXPECT_THAT(AcceptNewPin("12345", 6), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(AcceptNewPin("123456", 6), IsOk());
}

TEST(Pin, ComposedAndDecomposedFormsAreTheSamePin) {
  const std::string composed = "caf\xc3\xa9";     // e acute
  const std::string decomposed = "cafe\xcc\x81";  // e, combining acute
  EXPECT_EQ(*AcceptNewPin(composed, 4), NormalizeTypedPin(decomposed));
}

TEST(Pin, WhatCannotBeAPinStaysAsItIs) {
  EXPECT_EQ(NormalizeTypedPin("12\xff"), "12\xff");
  EXPECT_EQ(NormalizeTypedPin(""), "");
}

}  // namespace
}  // namespace pawl::validator
