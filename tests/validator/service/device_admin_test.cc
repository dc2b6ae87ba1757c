#include "validator/service/device_admin.h"

#include <gtest/gtest.h>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_service.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::DeviceId;
using db::DeviceKind;
using db::DeviceRecord;
using db::Reason;
using std::chrono::hours;
using testing::InsertOf;
using testing::IsOk;
using testing::SampleDevice;
using testing::StatusIs;
using testing::TestService;

constexpr int64_t kDaysUnused = 30;
constexpr std::nullopt_t kAnyOwner = std::nullopt;

class DeviceAdminTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kim_ = service_.AddAccount("kim", "1234");
    lee_ = service_.AddAccount("lee", "");
  }

  StatusOr<NewDevice> Create(std::string_view type = "mail",
                             std::string_view name = "Phone",
                             std::optional<UnixTime> expires = std::nullopt) {
    return devices().Create(kim_, type, name, expires, "test");
  }
  // A device of kim's that is no device password.
  DeviceId AddOther(DeviceKind kind, uint64_t number = 77) {
    DeviceRecord device = SampleDevice(number, kim_);
    device.kind = kind;
    device.created = Now();
    device.last_used = std::nullopt;
    if (kind == DeviceKind::kLogin) {
      device.secret_mac.clear();
    }
    EXPECT_THAT(memory_.Commit(InsertOf(device)), IsOk());
    return device.id;
  }
  Reason Check(std::string_view password, std::string_view user = "kim",
               std::string_view service = "imap") {
    return service_.ReasonAt(service, user, password);
  }
  DeviceAdmin& devices() { return service_.devices; }
  UnixTime Now() { return service_.clock.Now(); }

  db::MemoryStore memory_;
  testing::FaultyStore store_{memory_};
  TestService service_{&store_, {}};
  AccountId kim_;
  AccountId lee_;
};

TEST_F(DeviceAdminTest, ThePasswordOpensWhatItsTypeSays) {
  const NewDevice phone = *Create();
  EXPECT_EQ(phone.device.type, "mail");
  EXPECT_EQ(phone.device.scopes, "mail");
  EXPECT_EQ(phone.device.name, "Phone");
  EXPECT_EQ(Check(phone.password), Reason::kGoodDevicePassword);
  EXPECT_EQ(Check(phone.password, db::ToString(phone.device.id)),
            Reason::kGoodDevicePassword);
  EXPECT_EQ(Check(phone.password, "kim", "caldav"), Reason::kScope);
  EXPECT_EQ(Check(phone.password, "lee"), Reason::kWrongDevicePassword);
  const NewDevice sync = *Create("sync", "Laptop");
  EXPECT_EQ(Check(sync.password, "kim", "caldav"), Reason::kGoodDevicePassword);
}

TEST_F(DeviceAdminTest, ForAnAccountAsItWasKnownOnly) {
  const uint64_t known = service_.accounts.Get(kim_)->account.version;
  const auto create = [&] {
    return devices().Create(kim_, "mail", "Phone", std::nullopt, "test", known);
  };
  EXPECT_THAT(create(), IsOk());
  ASSERT_THAT(service_.accounts.Rename(kim_, "kimberly", "test"), IsOk());
  EXPECT_THAT(create(), StatusIs(StatusCode::kAborted));
}

TEST_F(DeviceAdminTest, NothingThatIsStoredIsThePassword) {
  const NewDevice phone = *Create();
  const DeviceRecord stored = devices().Get(phone.device.id, kim_).value();
  EXPECT_EQ(stored, phone.device);
  const std::string secret = ReadDevicePassword(phone.password)->secret;
  EXPECT_EQ(stored.secret_mac, service_.hash.Device(stored.id, secret));
  EXPECT_EQ(stored.secret_mac.find(secret), std::string::npos);
}

TEST_F(DeviceAdminTest, RefusesImpossibleDevicesAndNamesTheField) {
  const auto field = [](const StatusOr<NewDevice>& result) {
    EXPECT_THAT(result, StatusIs(StatusCode::kInvalidArgument));
    return FieldOf(result.status());
  };
  EXPECT_EQ(field(Create("")), "type");
  EXPECT_EQ(field(Create("telnet")), "type");
  EXPECT_EQ(field(Create("mail", "")), "name");
  EXPECT_EQ(field(Create("mail", std::string(129, 'n'))), "name");
  EXPECT_EQ(field(Create("mail", "a\nb")), "name");
  EXPECT_EQ(field(Create("mail", "\xff")), "name");
  EXPECT_EQ(field(Create("mail", "Phone", Now())), "expire_time");
  EXPECT_THAT(Create("mail", std::string(128, 'n'), Now() + Millis(1)), IsOk());
}

TEST_F(DeviceAdminTest, OnlyAnAccountThatMayHasDevicePasswords) {
  for (const AccountId nobody : {AccountId{7}, AccountId{99999}}) {
    EXPECT_THAT(devices().Create(nobody, "mail", "Phone", std::nullopt, "test"),
                StatusIs(StatusCode::kNotFound));
  }
  ASSERT_THAT(service_.accounts.SetDevicePasswords(kim_, false, "test"),
              IsOk());
  EXPECT_THAT(Create(), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(DeviceAdminTest, AnAccountHasABoundedNumberOfDevicePasswords) {
  for (uint64_t i = 0; i < db::Store::kMaxDevicesPerAccount - 1; ++i) {
    AddOther(DeviceKind::kPassword, 1000 + i);
  }
  // What people do not make by hand does not count.
  for (uint64_t i = 0; i < 10; ++i) {
    AddOther(DeviceKind::kSession, 10 + i);
    AddOther(DeviceKind::kLogin, 30 + i);
  }
  EXPECT_THAT(Create(), IsOk());
  EXPECT_THAT(Create(), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(DeviceAdminTest, AnAccountThatChangesMeanwhileIsLookedAtAgain) {
  bool done = false;
  store_.BeforeCommit([&] {
    if (!std::exchange(done, true)) {
      const db::AccountRecord kim = memory_.GetAccount(kim_)->account;
      db::Commit commit;
      commit.audit =
          AdminAudit(db::Event::kAccountDevicePasswordsSet, Now(), "other");
      AddChange(kim, {.device_passwords = false}, Now(), commit);
      EXPECT_THAT(memory_.Commit(commit), IsOk());
    }
  });
  EXPECT_THAT(Create(), StatusIs(StatusCode::kFailedPrecondition));
}

// Gives the same id again and again, at first.
class RepeatingRng final : public Rng {
 public:
  explicit RepeatingRng(int repeats) : repeats_(repeats) {}
  void Fill(std::span<uint8_t> out) override {
    const int call = calls_++;
    const auto byte = static_cast<uint8_t>(call < repeats_ ? 1 : call);
    std::fill(out.begin(), out.end(), byte);
  }

 private:
  int repeats_;
  int calls_ = 0;
};

TEST_F(DeviceAdminTest, AnIdThatIsTakenIsNotGivenTwice) {
  AdminParts parts = service_.Parts();
  RepeatingRng rng(6);  // an id and a password each
  parts.rng = &rng;
  DeviceAdmin admin(parts, service_.catalogue);
  const auto create = [&] {
    return admin.Create(kim_, "mail", "Phone", std::nullopt, "test");
  };
  const NewDevice first = create().value();
  const NewDevice second = create().value();
  EXPECT_NE(first.device.id, second.device.id);
  EXPECT_EQ(Check(first.password), Reason::kGoodDevicePassword);
  EXPECT_EQ(Check(second.password), Reason::kGoodDevicePassword);
  RepeatingRng stuck(1000);
  parts.rng = &stuck;
  EXPECT_THAT(DeviceAdmin(parts, service_.catalogue)
                  .Create(kim_, "mail", "Phone", std::nullopt, "test"),
              StatusIs(StatusCode::kAlreadyExists));
}

TEST_F(DeviceAdminTest, AnothersDeviceIsNotFound) {
  const DeviceId id = Create()->device.id;
  EXPECT_THAT(devices().Get(id, kim_), IsOk());
  EXPECT_THAT(devices().Get(id, kAnyOwner), IsOk());
  const Status absent = devices().Get(DeviceId{12345}, kim_).status();
  EXPECT_EQ(devices().Get(id, lee_).status(), absent);
  EXPECT_THAT(devices().Update(id, lee_, {.name = "x"}, "test"),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(devices().Regenerate(id, lee_, "test"),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(devices().Delete(id, lee_, "test"),
              StatusIs(StatusCode::kNotFound));
  EXPECT_TRUE(devices().List(lee_, 0, "", 100)->empty());
  EXPECT_EQ(devices().List(kim_, 0, "", 100)->size(), 1U);
}

TEST_F(DeviceAdminTest, NameAndExpiryMayBeChanged) {
  const NewDevice phone = *Create();
  const DeviceId id = phone.device.id;
  EXPECT_EQ(devices().Update(id, kim_, {.name = "Tablet"}, "test")->name,
            "Tablet");
  const std::optional<UnixTime> end = Now() + hours(1);
  EXPECT_EQ(devices().Update(id, kim_, {.expires = end}, "test")->expires, end);
  EXPECT_EQ(Check(phone.password), Reason::kGoodDevicePassword);
  service_.clock.Advance(hours(1));
  EXPECT_EQ(Check(phone.password), Reason::kDeviceExpired);
  const auto past = devices().Update(id, kim_, {.expires = end}, "test");
  EXPECT_EQ(FieldOf(past.status()), "expire_time");
  EXPECT_EQ(FieldOf(devices().Update(id, kim_, {.name = ""}, "test").status()),
            "name");
  const std::optional<UnixTime> never;
  EXPECT_EQ(devices().Update(id, kim_, {.expires = never}, "test")->expires,
            std::nullopt);
  EXPECT_EQ(Check(phone.password), Reason::kGoodDevicePassword);
}

TEST_F(DeviceAdminTest, OnlyADevicePasswordHasAnExpiryAndPasswordToChange) {
  const DeviceId login = AddOther(DeviceKind::kLogin, 78);
  for (const DeviceId id : {AddOther(DeviceKind::kSession), login}) {
    EXPECT_THAT(devices().Update(id, kim_, {.name = "Browser"}, "test"),
                IsOk());
    EXPECT_THAT(devices().Update(
                    id, kim_, {.expires = std::optional<UnixTime>()}, "test"),
                StatusIs(StatusCode::kFailedPrecondition));
    EXPECT_THAT(devices().Regenerate(id, kim_, "test"),
                StatusIs(StatusCode::kFailedPrecondition));
  }
}

TEST_F(DeviceAdminTest, ANewPasswordKillsTheOldOneAtOnce) {
  const NewDevice phone = *Create();
  ASSERT_EQ(Check(phone.password), Reason::kGoodDevicePassword);
  const NewDevice again = *devices().Regenerate(phone.device.id, kim_, "test");
  EXPECT_EQ(again.device.id, phone.device.id);
  EXPECT_EQ(Check(phone.password), Reason::kWrongDevicePassword);
  EXPECT_EQ(Check(again.password), Reason::kGoodDevicePassword);
}

TEST_F(DeviceAdminTest, ADeletedDeviceIsDeadAtOnce) {
  const NewDevice phone = *Create();
  ASSERT_EQ(Check(phone.password), Reason::kGoodDevicePassword);
  ASSERT_THAT(devices().Delete(phone.device.id, kim_, "test"), IsOk());
  EXPECT_EQ(Check(phone.password), Reason::kWrongDevicePassword);
  EXPECT_THAT(devices().Delete(phone.device.id, kim_, "test"),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(DeviceAdminTest, EveryChangeIsAudited) {
  const DeviceId id = Create()->device.id;
  ASSERT_THAT(devices().Update(id, kim_, {.name = "x"}, "root"), IsOk());
  ASSERT_THAT(devices().Regenerate(id, kim_, "root"), IsOk());
  ASSERT_THAT(devices().Delete(id, kim_, "root"), IsOk());
  const auto entries = *store_.ListAudit({.account = kim_, .limit = 4});
  std::vector<std::string> events;
  for (const db::AuditEntry& entry : entries) {
    EXPECT_EQ(entry.device, id);
    events.insert(events.begin(), std::string(db::ToString(entry.event)));
  }
  EXPECT_EQ(events,
            (std::vector<std::string>{"DEVICE_CREATED", "DEVICE_UPDATED",
                                      "DEVICE_REGENERATED", "DEVICE_DELETED"}));
}

TEST_F(DeviceAdminTest, WhatIsNotCommittedIsNotTold) {
  store_.FailBeforeCommit(1);
  EXPECT_THAT(Create(), StatusIs(StatusCode::kUnavailable));
  EXPECT_TRUE(devices().List(kim_, 0, "", 100)->empty());
}

class DeviceSweepTest : public DeviceAdminTest {
 protected:
  void SetUp() override {
    DeviceAdminTest::SetUp();
    old_ = *Create("mail", "old");
    used_ = *Create("mail", "used");
    service_.clock.Advance(hours(24 * kDaysUnused) + Millis(1));
    young_ = *Create("mail", "young");
    ASSERT_EQ(Check(used_.password), Reason::kGoodDevicePassword);
  }
  static std::vector<std::string> Names(
      const std::vector<DeviceRecord>& devices) {
    std::vector<std::string> names;
    for (const DeviceRecord& device : devices) {
      names.push_back(device.name);
    }
    return names;
  }

  NewDevice old_;
  NewDevice used_;
  NewDevice young_;
};

TEST_F(DeviceSweepTest, TakesOnlyWhatWasNotUsed) {
  const std::vector<std::string> only_old{"old"};
  EXPECT_EQ(Names(*devices().List(kim_, kDaysUnused, "", 100)), only_old);
  const auto would = devices().Sweep(kim_, kDaysUnused, true, "test");
  EXPECT_EQ(Names(would->devices), only_old);
  EXPECT_EQ(Check(old_.password), Reason::kGoodDevicePassword);
}

TEST_F(DeviceSweepTest, RemovesAndAuditsEach) {
  EXPECT_TRUE(
      devices().Sweep(lee_, kDaysUnused, false, "test")->devices.empty());
  const auto swept = devices().Sweep(kAnyOwner, kDaysUnused, false, "cron");
  EXPECT_EQ(Names(swept->devices), std::vector<std::string>{"old"});
  EXPECT_FALSE(swept->more);
  EXPECT_EQ(Check(old_.password), Reason::kWrongDevicePassword);
  EXPECT_EQ(Check(used_.password), Reason::kGoodDevicePassword);
  EXPECT_EQ(Check(young_.password), Reason::kGoodDevicePassword);
  const auto entries = *store_.ListAudit({.account = kim_});
  const auto deleted =
      std::find_if(entries.begin(), entries.end(), [](const auto& entry) {
        return entry.event == db::Event::kDeviceDeleted;
      });
  ASSERT_NE(deleted, entries.end());
  EXPECT_EQ(deleted->device, old_.device.id);
  EXPECT_EQ(deleted->caller, "cron");
}

TEST_F(DeviceSweepTest, LeavesAloneWhatIsUsedMeanwhile) {
  store_.BeforeCommit([&] {
    const DeviceRecord old = memory_.GetDevice(old_.device.id)->device;
    db::Commit use;
    use.audit = AdminAudit(db::Event::kLoginChecked, Now(), "other");
    use.devices.push_back(
        {.before = old,
         .after =
             Apply(old, {.used = db::DeviceChange::Use{.at = Now()}}, Now())});
    EXPECT_THAT(memory_.Commit(use), IsOk());
  });
  const auto swept = devices().Sweep(kim_, kDaysUnused, false, "test");
  EXPECT_TRUE(swept->devices.empty());
  EXPECT_THAT(devices().Get(old_.device.id, kim_), IsOk());
}

TEST_F(DeviceSweepTest, DoesABoundedNumberAtOnce) {
  for (uint64_t i = 0; i < 1000; ++i) {
    AddOther(DeviceKind::kPassword, 1000 + i);
  }
  service_.clock.Advance(hours(24 * kDaysUnused) + Millis(1));
  const auto would = devices().Sweep(kim_, kDaysUnused, true, "test");
  EXPECT_EQ(would->devices.size(), 1000U);
  EXPECT_TRUE(would->more);
  const auto swept = devices().Sweep(kim_, kDaysUnused, false, "test");
  EXPECT_EQ(swept->devices, would->devices);
  EXPECT_TRUE(swept->more);
  EXPECT_FALSE(devices().Sweep(kim_, kDaysUnused, false, "test")->more);
  EXPECT_TRUE(devices().List(kim_, 0, "", 100)->empty());
}

TEST_F(DeviceSweepTest, DaysAreChecked) {
  for (const int64_t days : {int64_t{-1}, int64_t{36501}, INT64_MAX}) {
    EXPECT_EQ(FieldOf(devices().List(kim_, days, "", 100).status()),
              "unused_days");
    EXPECT_EQ(FieldOf(devices().Sweep(kim_, days, false, "test").status()),
              "unused_days");
  }
  EXPECT_EQ(FieldOf(devices().Sweep(kim_, 0, false, "test").status()),
            "unused_days");
  EXPECT_EQ(devices().List(kim_, 0, "", 100)->size(), 3U);
  EXPECT_TRUE(devices().List(kim_, 36500, "", 100)->empty());
}

}  // namespace
}  // namespace pawl::validator
