#include "validator/grpc/convert.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "pawl/v1/login.pb.h"
#include "tests/support/status_matchers.h"
#include "validator/grpc/answer.h"

namespace pawl::validator {
namespace {

using db::Hint;
using db::Reason;
using google::protobuf::Duration;
using google::protobuf::EnumDescriptor;
using google::protobuf::Timestamp;

constexpr int64_t kFarAway = std::numeric_limits<int64_t>::max();

// Every proto value but UNSPECIFIED has its domain value, by the same number
// and name, and is what the domain value becomes. `count` pins that neither
// side has one that the other lacks: the number behind the last is no Domain.
template <typename Domain>
void ExpectSame(const EnumDescriptor* type, const std::string& prefix,
                int count) {
  ASSERT_EQ(type->value_count(), count + 1);
  EXPECT_EQ(type->value(0)->name(), prefix + "UNSPECIFIED");
  for (int i = 1; i <= count; ++i) {
    const auto* value = type->value(i);
    const auto domain = static_cast<Domain>(value->number());
    EXPECT_EQ(prefix + std::string(db::ToString(domain)), value->name());
    EXPECT_EQ(ToProto(domain), value->number());
  }
}

TEST(Convert, NumbersHaveTheSameNamesOnBothSides) {
  ExpectSame<Reason>(v1::Reason_descriptor(), "REASON_", 24);
  ExpectSame<db::TokenKind>(v1::TokenKind_descriptor(), "TOKEN_KIND_", 5);
  ExpectSame<db::AccountPolicy>(v1::Policy_descriptor(), "POLICY_", 4);
  ExpectSame<db::DeviceKind>(v1::DeviceKind_descriptor(), "DEVICE_KIND_", 3);
  ExpectSame<db::Cause>(v1::Cause_descriptor(), "CAUSE_", 6);
  EXPECT_EQ(db::ToString(static_cast<Reason>(25)), "");
  EXPECT_EQ(db::ToString(static_cast<db::TokenKind>(6)), "");
  EXPECT_EQ(db::ToString(static_cast<db::AccountPolicy>(5)), "");
  EXPECT_EQ(db::ToString(static_cast<db::DeviceKind>(4)), "");
}

TEST(Convert, WhatIsNoFailureIsNoCause) {
  EXPECT_EQ(ToProto(db::Cause::kExplain), v1::CAUSE_UNSPECIFIED);
  EXPECT_EQ(ToProto(db::Cause::kUsualPlace), v1::CAUSE_UNSPECIFIED);
  EXPECT_EQ(db::ToString(static_cast<db::Cause>(9)), "");
}

TEST(Convert, VerdictsAreTheSameOnBothSides) {
  EXPECT_EQ(v1::Verdict_descriptor()->value_count(), 4);
  EXPECT_EQ(ToProto(db::Verdict::kAccepted), v1::VERDICT_ACCEPTED);
  EXPECT_EQ(ToProto(db::Verdict::kRefused), v1::VERDICT_REFUSED);
  EXPECT_EQ(ToProto(db::Verdict::kDelegated), v1::VERDICT_DELEGATED);
}

TEST(Convert, EveryHintIsCarried) {
  google::protobuf::RepeatedField<int> out;
  ToProto(~0U, &out);
  EXPECT_EQ(out.size(), v1::Hint_descriptor()->value_count() - 1);
  // Bit by bit, the numbers of proto in order.
  for (int i = 1; i < v1::Hint_descriptor()->value_count(); ++i) {
    out.Clear();
    ToProto(1U << static_cast<unsigned>(i - 1), &out);
    ASSERT_EQ(out.size(), 1);
    EXPECT_EQ(out[0], v1::Hint_descriptor()->value(i)->number());
  }
}

TEST(Convert, TimesBefore1970AreRight) {
  Timestamp out;
  ToProto(FromUnixMillis(-1), &out);
  EXPECT_EQ(out.seconds(), -1);
  EXPECT_EQ(out.nanos(), 999000000);
  EXPECT_EQ(*FromProto("expire_time", out), FromUnixMillis(-1));
}

TEST(Convert, EveryRoleIsCarriedBothWays) {
  google::protobuf::RepeatedField<int> roles;
  RolesToProto(~db::Roles{0}, &roles);
  EXPECT_EQ(roles.size(), v1::Role_descriptor()->value_count() - 1);
  EXPECT_EQ(*FromProto(roles), 15U);
  for (const auto& [proto, role] :
       {std::pair(v1::ROLE_LOGIN, db::Role::kLogin),
        std::pair(v1::ROLE_ADMIN, db::Role::kAdmin),
        std::pair(v1::ROLE_AUDIT, db::Role::kAudit),
        std::pair(v1::ROLE_SELF_SERVICE, db::Role::kSelfService)}) {
    roles.Clear();
    roles.Add(proto);
    EXPECT_EQ(*FromProto(roles), static_cast<db::Roles>(role));
  }
}

TEST(Convert, RolesAndHashesAreChecked) {
  google::protobuf::RepeatedField<int> roles;
  roles.Add(v1::ROLE_LOGIN);
  roles.Add(99);
  EXPECT_EQ(FieldOf(FromProto(roles).status()), "roles");
  EXPECT_EQ(*FromProto(v1::HASH_ALGORITHM_UNSPECIFIED), Hash::kSha1);
  EXPECT_EQ(FieldOf(FromProto(static_cast<v1::HashAlgorithm>(9)).status()),
            "hash");
}

TEST(Convert, PoliciesAreCheckedAndNoneIsTheDefaultOnlyWhereAllowed) {
  for (int i = 1; i < v1::Policy_descriptor()->value_count(); ++i) {
    const auto policy =
        static_cast<v1::Policy>(v1::Policy_descriptor()->value(i)->number());
    EXPECT_EQ(ToProto(*FromProto(policy)), policy);
    EXPECT_EQ(*PolicyIfSpecified(policy), *FromProto(policy));
  }
  EXPECT_EQ(*PolicyIfSpecified(v1::POLICY_UNSPECIFIED), std::nullopt);
  EXPECT_EQ(FieldOf(FromProto(v1::POLICY_UNSPECIFIED).status()), "policy");
  const auto unknown = static_cast<v1::Policy>(5);
  EXPECT_EQ(FieldOf(FromProto(unknown).status()), "policy");
  EXPECT_EQ(FieldOf(PolicyIfSpecified(unknown).status()), "policy");
}

TEST(Convert, ResetsAreChecked) {
  EXPECT_EQ(v1::ResetTokens_descriptor()->value_count(), 3);
  EXPECT_EQ(*FromProto(v1::RESET_TOKENS_UNSPECIFIED), ResetTokens::kUnassign);
  EXPECT_EQ(*FromProto(v1::RESET_TOKENS_UNASSIGN), ResetTokens::kUnassign);
  EXPECT_EQ(*FromProto(v1::RESET_TOKENS_DISABLE), ResetTokens::kDisable);
  EXPECT_EQ(FieldOf(FromProto(static_cast<v1::ResetTokens>(-1)).status()),
            "tokens");
}

Timestamp TimeOf(int64_t seconds, int32_t nanos) {
  Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST(Convert, TimesOutsideTheirRangeAreRefused) {
  // The ends of the range, and what lies beyond them.
  EXPECT_EQ(*FromProto("t", TimeOf(-62135596800, 0)),
            FromUnixMillis(-62135596800000));
  EXPECT_EQ(*FromProto("t", TimeOf(253402300799, 999999999)),
            FromUnixMillis(253402300799999));
  for (const Timestamp& time :
       {TimeOf(-62135596801, 0), TimeOf(253402300800, 0), TimeOf(0, -1),
        TimeOf(0, 1000000000), TimeOf(kFarAway, 0), TimeOf(-kFarAway - 1, 0),
        TimeOf(0, std::numeric_limits<int32_t>::min())}) {
    EXPECT_EQ(FieldOf(FromProto("expire_time", time).status()), "expire_time");
  }
}

Duration DurationOf(int64_t seconds, int32_t nanos) {
  Duration duration;
  duration.set_seconds(seconds);
  duration.set_nanos(nanos);
  return duration;
}

TEST(Convert, DurationsOutsideTheirRangeAreRefused) {
  EXPECT_EQ(*FromProto("ttl", DurationOf(90, 999999)), Millis(90000));
  EXPECT_EQ(*FromProto("ttl", DurationOf(-1, -500000000)), Millis(-1500));
  EXPECT_EQ(*FromProto("ttl", DurationOf(315576000000, 0)),
            Millis(315576000000000));
  for (const Duration& duration :
       {DurationOf(315576000001, 0), DurationOf(-315576000001, 0),
        DurationOf(1, -1), DurationOf(-1, 1), DurationOf(0, 1000000000),
        DurationOf(kFarAway, 0), DurationOf(-kFarAway - 1, 0)}) {
    EXPECT_EQ(FieldOf(FromProto("ttl", duration).status()), "ttl");
  }
  Duration out;
  ToProto(Millis(1500), &out);
  EXPECT_EQ(*FromProto("ttl", out), Millis(1500));
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
  EXPECT_FALSE(MayName({.reason = Reason::kDelegate}, plain));
}

TEST(Answer, WhoMayNotSeeReasonsSeesNoneInAHistory) {
  db::AuditEntry wrong{.reason = Reason::kWrongCode,
                       .account = db::AccountId{5000}};
  db::AuditEntry burned = wrong;
  burned.reason = Reason::kWrongPin;
  burned.token = db::TokenId{7};
  burned.device = db::DeviceId{8};
  burned.position = 9;
  burned.hints = 0U | Hint::kClockDrift;
  v1::AuditEntry first;
  v1::AuditEntry second;
  Answer(wrong, Caller{.id = "cli_x"}, first);
  Answer(burned, Caller{.id = "cli_x"}, second);
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(first.verdict(), v1::VERDICT_REFUSED);
  Answer(burned, Caller{.id = "cli_x", .see_reasons = true}, second);
  EXPECT_EQ(second.reason(), v1::REASON_WRONG_PIN);
  EXPECT_EQ(second.position(), 9);
}

TEST(Answer, ASecretThatWasHandedOutIsGone) {
  std::vector<std::string> codes = {"aaaa", "bbbb"};
  v1::CreateRecoveryCodesResponse response;
  HandOut(codes, *response.mutable_codes());
  EXPECT_EQ(response.codes(1), "bbbb");
  EXPECT_EQ(codes, std::vector<std::string>(2));
}

}  // namespace
}  // namespace pawl::validator
