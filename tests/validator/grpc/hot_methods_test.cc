#include "validator/grpc/hot_methods.h"

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using db::Reason;

constexpr UnixTime kTime = FromUnixMillis(1'700'000'000'000);

// An answer with everything an outcome can have.
Answered FullAnswer(Reason reason, bool see_reasons) {
  return {
      .outcome = {.reason = reason,
                  .account = db::AccountId{5000},
                  .token = db::TokenId{7},
                  .device = db::DeviceRecord{.id = {9},
                                             .kind = db::DeviceKind::kSession,
                                             .scopes = "imap smtp",
                                             .expires = kTime},
                  .session_credential = "geheim"},
      .caller = {.id = "cli_x", .see_reasons = see_reasons}};
}

v1::CheckLoginResponse Told(Answered answered) {
  v1::CheckLoginResponse response;
  CheckLoginMethod::Fill(answered, response);
  return response;
}

TEST(CheckLogin, HandsOutTheSessionOnAYes) {
  Answered answered = FullAnswer(Reason::kGoodCode, /*see_reasons=*/false);
  v1::CheckLoginResponse response;
  CheckLoginMethod::Fill(answered, response);
  EXPECT_EQ(response.device_id(), db::ToString(db::DeviceId{9}));
  EXPECT_EQ(response.session().device_id(), response.device_id());
  EXPECT_EQ(response.session().credential(), "geheim");
  ASSERT_EQ(response.session().services_size(), 2);
  EXPECT_EQ(response.session().services(1), "smtp");
  EXPECT_EQ(response.session().expire_time().seconds(), 1'700'000'000);
  EXPECT_EQ(answered.outcome.session_credential, "");
}

TEST(CheckLogin, HandsOutNoSessionOtherwise) {
  for (const Reason reason : {Reason::kWrongPin, Reason::kDelegate}) {
    const v1::CheckLoginResponse told = Told(FullAnswer(reason, true));
    EXPECT_FALSE(told.has_session());
    EXPECT_EQ(told.device_id(), db::ToString(db::DeviceId{9}));
  }
  Answered seen = FullAnswer(Reason::kGoodCode, true);
  seen.outcome.session_credential.clear();
  EXPECT_FALSE(Told(seen).has_session());
}

TEST(CheckLogin, NamesNobodyToWhoMayNotSeeReasons) {
  for (const Reason reason : {Reason::kWrongPin, Reason::kUnknownAccount}) {
    const v1::CheckLoginResponse told = Told(FullAnswer(reason, false));
    EXPECT_EQ(told.ShortDebugString(), "verdict: VERDICT_REFUSED");
  }
  EXPECT_EQ(Told(FullAnswer(Reason::kDelegate, false)).ShortDebugString(),
            "verdict: VERDICT_DELEGATED");
}

}  // namespace
}  // namespace pawl::validator
