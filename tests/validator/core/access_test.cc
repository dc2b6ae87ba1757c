#include "validator/core/access.h"

#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace pawl::validator {
namespace {

using db::AccountPolicy;
using db::AccountRecord;
using db::DeviceKind;
using db::DeviceRecord;
using db::Reason;

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);

enum class At { kInteractive, kSync, kInternal };

Service ServiceAt(At at) {
  return {.name = "any",
          .kind = at == At::kInteractive ? ServiceKind::kInteractive
                                         : ServiceKind::kSync,
          .scope = "any",
          .internal = at == At::kInternal};
}

struct Row {
  AccountPolicy policy{};
  At at{};
  bool code = false;
  bool account_password = false;
  bool device_password = false;
  bool session = false;
};

constexpr bool kYes = true;
constexpr bool kNo = false;

// The table of account policies, every cell of it.
// clang-format off
constexpr Row kTable[] = {
    //                                                        code  account device session
    {AccountPolicy::kPassword,              At::kInteractive, kNo,  kYes, kNo,  kNo},
    {AccountPolicy::kPassword,              At::kSync,        kNo,  kYes, kYes, kYes},
    {AccountPolicy::kPassword,              At::kInternal,    kNo,  kYes, kYes, kYes},
    {AccountPolicy::kOtpWeb,                At::kInteractive, kYes, kNo,  kNo,  kNo},
    {AccountPolicy::kOtpWeb,                At::kSync,        kNo,  kYes, kYes, kYes},
    {AccountPolicy::kOtpWeb,                At::kInternal,    kNo,  kYes, kYes, kYes},
    {AccountPolicy::kOtpWebDevicePasswords, At::kInteractive, kYes, kNo,  kNo,  kNo},
    {AccountPolicy::kOtpWebDevicePasswords, At::kSync,        kNo,  kNo,  kYes, kYes},
    {AccountPolicy::kOtpWebDevicePasswords, At::kInternal,    kNo,  kNo,  kYes, kYes},
    {AccountPolicy::kOtpOnly,               At::kInteractive, kYes, kNo,  kNo,  kNo},
    {AccountPolicy::kOtpOnly,               At::kSync,        kNo,  kNo,  kNo,  kNo},
    {AccountPolicy::kOtpOnly,               At::kInternal,    kNo,  kNo,  kNo,  kYes},
};
// clang-format on

TEST(Access, FollowsTheTable) {
  for (const Row& row : kTable) {
    const Service service = ServiceAt(row.at);
    const std::pair<CredentialKind, bool> cells[] = {
        {CredentialKind::kCode, row.code},
        {CredentialKind::kAccountPassword, row.account_password},
        {CredentialKind::kDevicePassword, row.device_password},
        {CredentialKind::kSession, row.session}};
    for (const auto& [credential, permitted] : cells) {
      EXPECT_EQ(Permits(row.policy, service, credential), permitted)
          << ToString(row.policy) << ", service " << static_cast<int>(row.at)
          << ", credential " << static_cast<int>(credential);
    }
  }
}

TEST(Access, TheTableLeavesNothingOut) {
  std::set<std::pair<AccountPolicy, At>> rows;
  for (const Row& row : kTable) {
    EXPECT_FALSE(ToString(row.policy).empty());
    rows.emplace(row.policy, row.at);
  }
  EXPECT_EQ(rows.size(), std::size(kTable));
  // Every number that is a policy, at three kinds of service.
  size_t policies = 0;
  for (int number = -1; number < 100; ++number) {
    policies += ToString(static_cast<AccountPolicy>(number)).empty() ? 0U : 1U;
  }
  EXPECT_EQ(rows.size(), policies * 3);
}

// The table's own rules, in words.
TEST(Access, ADeviceNeverOpensWhatCanAskForACode) {
  for (const Row& row : kTable) {
    if (row.at == At::kInteractive) {
      const Service service = ServiceAt(row.at);
      EXPECT_FALSE(
          Permits(row.policy, service, CredentialKind::kDevicePassword));
      EXPECT_FALSE(Permits(row.policy, service, CredentialKind::kSession));
    }
  }
}

// An interactive service that is called internal gains nothing by it, and what
// a service is called plays no part.
TEST(Access, OnlyTheKindOfServiceMatters) {
  for (const Row& row : kTable) {
    Service other = ServiceAt(row.at);
    other.name = "internal";
    other.scope.clear();
    if (row.at == At::kInteractive) {
      other.internal = true;
    }
    for (const CredentialKind credential :
         {CredentialKind::kCode, CredentialKind::kAccountPassword,
          CredentialKind::kDevicePassword, CredentialKind::kSession}) {
      EXPECT_EQ(Permits(row.policy, other, credential),
                Permits(row.policy, ServiceAt(row.at), credential));
    }
  }
}

// An account under a policy that lets devices in, and one of its devices.
struct Owned {
  AccountRecord account{.login = "kim",
                        .policy = AccountPolicy::kOtpWebDevicePasswords};
  DeviceRecord device{.kind = DeviceKind::kPassword, .scopes = "files mail"};
};

std::optional<Reason> Obstacle(const Owned& owned, const Service& service) {
  return ObstacleOf(owned.account, owned.device, &service, kNow);
}

TEST(ObstacleOf, ARightDeviceHasNone) {
  const Service imap{.name = "imap", .scope = "mail"};
  Owned owned;
  EXPECT_EQ(Obstacle(owned, imap), std::nullopt);
  EXPECT_EQ(ObstacleOf(owned.account, owned.device, nullptr, kNow),
            std::nullopt);
  owned.device.expires = kNow + Millis(1);
  EXPECT_EQ(Obstacle(owned, imap), std::nullopt);
}

// Each stands in the way alone, and hides those below it.
TEST(ObstacleOf, TheFirstThatStandsInTheWayIsTold) {
  const Service imap{.name = "imap", .scope = "mail"};
  Owned owned;
  owned.device.scopes = "mailbox imaps";
  EXPECT_EQ(Obstacle(owned, imap), Reason::kScope);
  // Without a service nothing is asked of the scopes.
  EXPECT_EQ(ObstacleOf(owned.account, owned.device, nullptr, kNow),
            std::nullopt);
  owned.account.device_passwords = false;
  EXPECT_EQ(Obstacle(owned, imap), Reason::kPolicy);
  EXPECT_EQ(ObstacleOf(owned.account, owned.device, nullptr, kNow),
            Reason::kPolicy);
  owned.device.expires = kNow;
  EXPECT_EQ(Obstacle(owned, imap), Reason::kDeviceExpired);
  owned.account.enabled = false;
  EXPECT_EQ(Obstacle(owned, imap), Reason::kAccountDisabled);
}

TEST(ObstacleOf, FollowsTheTable) {
  for (const Row& row : kTable) {
    const Service service = ServiceAt(row.at);
    Owned owned;
    owned.account.policy = row.policy;
    owned.device.scopes = "any";
    EXPECT_EQ(Obstacle(owned, service), row.device_password
                                            ? std::nullopt
                                            : std::optional(Reason::kPolicy));
    // A session is no device password: no permission is needed for one.
    owned.account.device_passwords = false;
    EXPECT_EQ(Obstacle(owned, service), Reason::kPolicy);
    owned.device.kind = DeviceKind::kSession;
    EXPECT_EQ(Obstacle(owned, service),
              row.session ? std::nullopt : std::optional(Reason::kPolicy));
  }
}

TEST(ObstacleOf, AtNoServiceOtpOnlyLetsInSessionsOnly) {
  Owned owned;
  owned.account.policy = AccountPolicy::kOtpOnly;
  EXPECT_EQ(ObstacleOf(owned.account, owned.device, nullptr, kNow),
            Reason::kPolicy);
  owned.device.kind = DeviceKind::kSession;
  EXPECT_EQ(ObstacleOf(owned.account, owned.device, nullptr, kNow),
            std::nullopt);
}

}  // namespace
}  // namespace pawl::validator
