#include "validator/grpc/convert.h"

#include <gtest/gtest.h>

#include "pawl/v1/login.pb.h"
#include "tests/support/status_matchers.h"
#include "validator/grpc/answer.h"

namespace pawl::validator {
namespace {

using db::Hint;
using db::Reason;

// Every proto value but UNSPECIFIED has its domain value, by the same name.
TEST(Convert, ReasonsHaveTheSameNamesOnBothSides) {
  const auto* reasons = v1::Reason_descriptor();
  ASSERT_EQ(reasons->value_count(), 15);
  for (int i = 1; i < reasons->value_count(); ++i) {
    const auto* value = reasons->value(i);
    const auto reason = static_cast<Reason>(value->number());
    EXPECT_EQ("REASON_" + std::string(db::ToString(reason)), value->name());
    EXPECT_EQ(ToProto(reason), value->number());
  }
}

TEST(Convert, KindsHaveTheSameNamesOnBothSides) {
  const auto* kinds = v1::TokenKind_descriptor();
  for (int i = 1; i < kinds->value_count(); ++i) {
    const auto kind = static_cast<db::TokenKind>(kinds->value(i)->number());
    EXPECT_EQ("TOKEN_KIND_" + std::string(db::ToString(kind)),
              kinds->value(i)->name());
  }
}

TEST(Convert, EveryHintIsCarried) {
  google::protobuf::RepeatedField<int> out;
  ToProto(~0U, &out);
  EXPECT_EQ(out.size(), v1::Hint_descriptor()->value_count() - 1);
  out.Clear();
  ToProto(0U | Hint::kClockDrift, &out);
  ASSERT_EQ(out.size(), 1);
  EXPECT_EQ(out[0], v1::HINT_CLOCK_DRIFT);
}

TEST(Convert, TimesBefore1970AreRight) {
  google::protobuf::Timestamp out;
  ToProto(FromUnixMillis(-1), &out);
  EXPECT_EQ(out.seconds(), -1);
  EXPECT_EQ(out.nanos(), 999000000);
}

TEST(Convert, RolesAndHashesAreChecked) {
  google::protobuf::RepeatedField<int> roles;
  roles.Add(v1::ROLE_LOGIN);
  roles.Add(v1::ROLE_AUDIT);
  EXPECT_EQ(*FromProto(roles), 5U);
  roles.Add(99);
  EXPECT_EQ(FieldOf(FromProto(roles).status()), "roles");
  EXPECT_EQ(*FromProto(v1::HASH_ALGORITHM_UNSPECIFIED), Hash::kSha1);
  EXPECT_EQ(FieldOf(FromProto(static_cast<v1::HashAlgorithm>(9)).status()),
            "hash");
}

TEST(Answer, WhoMayNotSeeReasonsSeesNoDifference) {
  const Caller plain{.id = "cli_x"};
  const Outcome unknown{.reason = Reason::kUnknownAccount};
  const Outcome throttled{.reason = Reason::kThrottled,
                          .account = db::AccountId{5000},
                          .token = db::TokenId{7},
                          .public_id = "cccc",
                          .hints = 1,
                          .retry_after = std::chrono::seconds(5)};
  v1::CheckLoginResponse first;
  v1::CheckLoginResponse second;
  Answer(unknown, plain, first);
  Answer(throttled, plain, second);
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(first.verdict(), v1::VERDICT_REFUSED);
  EXPECT_FALSE(MayName(throttled, plain));
  EXPECT_TRUE(MayName({.reason = Reason::kGoodCode}, plain));
}

}  // namespace
}  // namespace pawl::validator
