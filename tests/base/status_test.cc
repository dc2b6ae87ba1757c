#include "base/status.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointee;

TEST(Status, HelpersGiveTheirCodeAndMessage) {
  struct Case {
    Status status;
    StatusCode code = StatusCode::kOk;
  };
  const Case cases[] = {
      {NotFound("why"), StatusCode::kNotFound},
      {AlreadyExists("why"), StatusCode::kAlreadyExists},
      {Aborted("why"), StatusCode::kAborted},
      {Unavailable("why"), StatusCode::kUnavailable},
      {DataLoss("why"), StatusCode::kDataLoss},
      {Internal("why"), StatusCode::kInternal},
      {FailedPrecondition("why"), StatusCode::kFailedPrecondition},
      {MakeStatus(StatusCode::kUnauthenticated, "why"),
       StatusCode::kUnauthenticated},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(c.status, StatusIs(c.code, "why"));
    EXPECT_EQ(FieldOf(c.status), "");
  }
}

TEST(Status, InvalidFieldNamesTheField) {
  const Status status = InvalidField("pin", "must have 4 characters");
  EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument,
                               "pin: must have 4 characters"));
  EXPECT_EQ(FieldOf(status), "pin");
}

TEST(Status, FieldSurvivesACopy) {
  const StatusOr<int> value = InvalidField("digits", "must be 6, 7 or 8");
  EXPECT_EQ(FieldOf(value.status()), "digits");
}

TEST(Status, TextHasTheCodeNameAndNoPayload) {
  EXPECT_EQ(ToString(OkStatus()), "OK");
  EXPECT_EQ(ToString(Unavailable("disk full")), "UNAVAILABLE: disk full");
  EXPECT_EQ(ToString(InvalidField("pin", "is short")),
            "INVALID_ARGUMENT: pin: is short");
}

TEST(Status, KeepsAViewThatDoesNotEndWithZero) {
  const std::string_view text = "row 17 of 20";
  EXPECT_EQ(MessageOf(DataLoss(text.substr(0, 6))), "row 17");
}

Status FailWhenNegative(int value) {
  return value < 0 ? Internal("negative") : OkStatus();
}

StatusOr<std::unique_ptr<int>> MakePositive(int value) {
  PAWL_RETURN_IF_ERROR(FailWhenNegative(value));
  return std::make_unique<int>(value);
}

StatusOr<int> AddPositive(int a, int b) {
  PAWL_ASSIGN_OR_RETURN(const std::unique_ptr<int> left, MakePositive(a));
  PAWL_ASSIGN_OR_RETURN(const std::unique_ptr<int> right, MakePositive(b));
  return *left + *right;
}

Status CheckSum(int a, int b) {
  PAWL_RETURN_IF_ERROR(AddPositive(a, b));
  return OkStatus();
}

TEST(StatusMacros, PassOnValuesAndErrors) {
  EXPECT_THAT(MakePositive(3), IsOkAndHolds(Pointee(3)));
  EXPECT_THAT(AddPositive(1, 2), IsOkAndHolds(3));
  EXPECT_THAT(AddPositive(1, -2), StatusIs(StatusCode::kInternal, "negative"));
  EXPECT_THAT(CheckSum(1, 2), IsOk());
  EXPECT_THAT(CheckSum(-1, 2), Not(IsOk()));
}

TEST(StatusMatchers, TellApartWhatDiffers) {
  const StatusOr<int> failed = NotFound("token 7");
  const StatusOr<int> three = 3;
  EXPECT_THAT(failed, Not(IsOk()));
  EXPECT_THAT(failed, Not(IsOkAndHolds(3)));
  EXPECT_THAT(failed, StatusIs(StatusCode::kNotFound, HasSubstr("token")));
  EXPECT_THAT(failed, Not(StatusIs(StatusCode::kNotFound, HasSubstr("row"))));
  EXPECT_THAT(failed, Not(StatusIs(StatusCode::kAborted)));
  EXPECT_THAT(three, Not(IsOkAndHolds(4)));
  EXPECT_THAT(three, Not(StatusIs(StatusCode::kNotFound)));
}

TEST(CheckDeathTest, AbortsAndNamesTheCondition) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  PAWL_CHECK(1 + 1 == 2);
  EXPECT_DEATH(PAWL_CHECK(1 + 1 == 3),
               "\"event\":\"check_failed\".*status_test.cc.*1 \\+ 1 == 3");
}

}  // namespace
}  // namespace pawl
