// Devices: they belong to an account, are read with it, and go before it.
#include <gmock/gmock.h>

#include "tests/conformance/store_conformance.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::Edited;
using ::pawl::testing::EmptyCommit;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::Moved;
using ::pawl::testing::RemovalOf;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kAborted = StatusCode::kAborted;
constexpr auto kAlreadyExists = StatusCode::kAlreadyExists;
constexpr auto kInternal = StatusCode::kInternal;
constexpr auto kNotFound = StatusCode::kNotFound;

constexpr AccountId kKim{5000};

DeviceRecord Used(const DeviceRecord& device, UnixTime at) {
  return Apply(device, {.used = DeviceChange::Use{at, "192.0.2.9", "smtp"}},
               kSampleTime);
}

TEST_P(StoreConformance, DevicesAreInsertedReplacedAndRemoved) {
  Create(SampleAccount(5000));
  const DeviceRecord device = SampleDevice(8000, kKim);
  Create(device);
  const DeviceRecord used = Used(device, kSampleTime + Millis(99));
  Put(ReplacementOf(device, used));
  EXPECT_EQ(store().GetDevice(device.id)->device, used);
  // Whoever has read it before that loses.
  EXPECT_THAT(store().Commit(ReplacementOf(device, used)), StatusIs(kAborted));
  EXPECT_THAT(store().Commit(RemovalOf(device)), StatusIs(kAborted));
  EXPECT_EQ(store().GetDevice(device.id)->device, used);
  Put(RemovalOf(used));
  EXPECT_THAT(store().GetDevice(device.id), StatusIs(kNotFound));
  EXPECT_THAT(store().ListDevices({}).value(), IsEmpty());
  EXPECT_THAT(store().Commit(RemovalOf(used)), StatusIs(kAborted));
  EXPECT_THAT(store().Commit(ReplacementOf(device, used)), StatusIs(kAborted));
  Create(device);  // its id is free again
}

TEST_P(StoreConformance, DuplicateDeviceIdIsAlreadyExists) {
  Create(SampleAccount(5000));
  Create(SampleAccount(5001));
  const DeviceRecord device = SampleDevice(8000, kKim);
  Create(device);
  EXPECT_THAT(store().Commit(InsertOf(SampleDevice(8000, {5001}))),
              StatusIs(kAlreadyExists, "id is taken"));
  EXPECT_EQ(store().GetDevice(device.id)->device, device);
}

TEST_P(StoreConformance, ADeviceIsReadWithItsAccountAtThePlaceOfItsKey) {
  const AccountSnapshot kim = CreateAccountWithToken(5000, 6000);
  const AccountRecord alex = SampleAccount(5001);
  Create(alex);
  const DeviceSnapshot phone{SampleDevice(8000, kim.account.id), kim.account};
  const DeviceSnapshot other{SampleDevice(8001, alex.id), alex};
  Create(phone.device);
  Create(other.device);
  const Rows rows =
      store()
          .Read({.accounts = {alex.id},
                 .devices = {other.device.id, DeviceId{8002}, phone.device.id,
                             other.device.id, DeviceId{0}}})
          .value();
  EXPECT_THAT(
      rows.devices,
      ElementsAre(IsOkAndHolds(other), StatusIs(kNotFound), IsOkAndHolds(phone),
                  IsOkAndHolds(other), StatusIs(kNotFound)));
  EXPECT_THAT(rows.accounts,
              ElementsAre(IsOkAndHolds(AccountSnapshot{.account = alex})));
  EXPECT_THAT(store().GetDevice(phone.device.id), IsOkAndHolds(phone));
}

TEST_P(StoreConformance, ADeviceThatIsNotThereIsNotFound) {
  Create(SampleAccount(5000));
  Create(SampleDevice(1, kKim));
  Create(SampleDevice(kMaxDeviceId, kKim));
  // 5000 is an account, not a device.
  for (const uint64_t id :
       {uint64_t{0}, uint64_t{2}, uint64_t{5000}, kMaxDeviceId + 1,
        kMaxPosition, kMaxPosition + 1, ~uint64_t{0}}) {
    EXPECT_THAT(store().GetDevice({id}), StatusIs(kNotFound)) << id;
  }
  EXPECT_THAT(store().GetDevice({1}), IsOk());
  EXPECT_THAT(store().GetDevice({kMaxDeviceId}), IsOk());
}

TEST_P(StoreConformance, ADeviceShowsItsAccountAsItIsNow) {
  const AccountRecord account = SampleAccount(5000);
  Create(account);
  Create(SampleDevice(8000, kKim));
  const AccountRecord disabled =
      Apply(account, {.enabled = false}, kSampleTime);
  Put(ReplacementOf(account, disabled));
  EXPECT_THAT(store().GetDevice({8000}),
              IsOkAndHolds(DeviceSnapshot{SampleDevice(8000, kKim), disabled}));
}

TEST_P(StoreConformance, DeviceOfAMissingAccountIsAborted) {
  const size_t entries = ContentsOf().audit.size();
  EXPECT_THAT(store().Commit(InsertOf(SampleDevice(8000, kKim))),
              StatusIs(kAborted));
  EXPECT_THAT(store().GetDevice({8000}), StatusIs(kNotFound));
  EXPECT_THAT(ContentsOf().audit.size(), entries);
  // Nor one whose account goes in the same commit.
  Create(SampleAccount(5000));
  Commit commit = InsertOf(SampleDevice(8000, kKim));
  commit.accounts = {{.before = SampleAccount(5000)}};
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  EXPECT_THAT(store().GetAccount(kKim), IsOk());
  EXPECT_THAT(store().ListDevices({}).value(), IsEmpty());
}

TEST_P(StoreConformance, AccountAndItsFirstDeviceComeInOneCommit) {
  Commit commit = InsertOf(SampleDevice(8000, kKim));
  commit.accounts = {{.after = SampleAccount(5000)}};
  EXPECT_THAT(store().Commit(commit), IsOk());
  EXPECT_THAT(store().GetDevice({8000}), IsOk());
}

TEST_P(StoreConformance, AnAccountGoesOnlyWithAllItsDevices) {
  const AccountRecord account = SampleAccount(5000);
  Create(account);
  Create(SampleAccount(5001));
  Create(SampleDevice(8000, kKim));
  Create(SampleDevice(8001, kKim));
  Create(SampleDevice(8002, {5001}));
  const Contents before = ContentsOf();
  Commit commit = RemovalOf(account);
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  commit.devices = {{.before = SampleDevice(8000, kKim)}};
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  EXPECT_EQ(ContentsOf(), before);
  commit.devices.push_back({.before = SampleDevice(8001, kKim)});
  EXPECT_THAT(store().Commit(commit), IsOk());
  EXPECT_THAT(store().GetAccount(kKim), StatusIs(kNotFound));
  EXPECT_THAT(store().ListDevices({}).value(),
              ElementsAre(SampleDevice(8002, {5001})));
}

TEST_P(StoreConformance, DeviceGuardHolds) {
  Create(SampleAccount(5000));
  const DeviceRecord device = SampleDevice(8000, kKim);
  Create(device);
  Commit commit = EmptyCommit();
  commit.device_guards = {{device.id, device.version}};
  EXPECT_THAT(store().Commit(commit), IsOk());
  // Somebody else's session ends, or its password is made anew, between load
  // and commit.
  const DeviceRecord used = Used(device, kSampleTime);
  Put(ReplacementOf(device, used));
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  commit.device_guards = {{device.id, used.version}};
  EXPECT_THAT(store().Commit(commit), IsOk());
  Put(RemovalOf(used));
  EXPECT_THAT(store().Commit(commit), StatusIs(kAborted));
  for (const Guard<DeviceId> bad :
       {Guard<DeviceId>{device.id, 0}, Guard<DeviceId>{{0}, 1}}) {
    commit.device_guards = {bad};
    EXPECT_THAT(store().Commit(commit), StatusIs(kInternal));
  }
}

Commit MoveWithGuard(const TokenRecord& token, DeviceId device,
                     uint64_t version) {
  Commit commit = ReplacementOf(token, Moved(token, *token.position + 1));
  commit.device_guards = {{device, version}};
  return commit;
}

// Checks as an engine may join them to one statement, were it not for the
// guard.
TEST_P(StoreConformance, ADeviceGuardMeetsWhatTheBatchWrote) {
  Create(SampleAccount(5000));
  const DeviceRecord device = SampleDevice(8000, kKim);
  Create(device);
  const TokenRecord token = SampleToken(6000);
  Create(token);
  const TokenRecord moved = Moved(token, *token.position + 1);
  const TokenRecord again = Moved(moved, *moved.position + 1);
  const DeviceRecord used = Used(device, kSampleTime);
  const Commit commits[] = {MoveWithGuard(token, device.id, 1),
                            ReplacementOf(device, used),
                            ReplacementOf(device, used),
                            MoveWithGuard(moved, device.id, 1),
                            MoveWithGuard(moved, device.id, 2),
                            RemovalOf(used),
                            MoveWithGuard(again, device.id, 2),
                            ReplacementOf(again, Moved(again, 3000))};
  std::vector<const Commit*> batch;
  for (const Commit& commit : commits) {
    batch.push_back(&commit);
  }
  EXPECT_THAT(
      store().Commit(batch),
      ElementsAre(IsOk(), IsOk(), StatusIs(kAborted), StatusIs(kAborted),
                  IsOk(), IsOk(), StatusIs(kAborted), IsOk()));
  EXPECT_THAT(store().GetToken(token.id), IsOkAndHolds(Moved(again, 3000)));
  EXPECT_THAT(store().GetDevice(device.id), StatusIs(kNotFound));
}

TEST_P(StoreConformance, RulesOfDeviceCommitsAreChecked) {
  Create(SampleAccount(5000));
  Create(SampleAccount(5001));
  const DeviceRecord device = SampleDevice(8000, kKim);
  Create(device);
  const Commit commits[] = {
      InsertOf(SampleDevice(0, kKim)),
      InsertOf(SampleDevice(kMaxDeviceId + 1, kKim)),
      InsertOf(SampleDevice(8001, {0})),
      InsertOf(Edited(SampleDevice(8001, kKim), [](auto&) {})),
      ReplacementOf(device, device),
      ReplacementOf(device, Edited(device, [](auto& d) { ++d.version; })),
      ReplacementOf(device, Edited(device, [](auto& d) { d.id = {8001}; })),
      ReplacementOf(device,
                    Edited(device, [](auto& d) { d.account = {5001}; })),
      ReplacementOf(
          device,
          Edited(device, [](auto& d) { d.kind = DeviceKind::kSession; })),
      ReplacementOf(device,
                    Edited(device, [](auto& d) { d.secret_mac.clear(); })),
      RemovalOf(Edited(device, [](auto& d) { d.type.clear(); })),
  };
  const Contents before = ContentsOf();
  for (const Commit& commit : commits) {
    EXPECT_THAT(store().Commit(commit), StatusIs(kInternal))
        << &commit - commits;
  }
  EXPECT_EQ(ContentsOf(), before);
}

std::vector<uint64_t> IdsOf(const StatusOr<std::vector<DeviceRecord>>& page) {
  std::vector<uint64_t> ids;
  for (const DeviceRecord& device : page.value()) {
    ids.push_back(device.id.value);
  }
  return ids;
}

TEST_P(StoreConformance, DevicesAreListedByIdAndAccount) {
  Create(SampleAccount(5000));
  Create(SampleAccount(5001));
  Create(SampleAccount(5002));
  // By id, not in the order they came.
  for (const uint64_t id : {9U, 3U, 40U, 8U}) {
    Create(SampleDevice(id, kKim));
  }
  Create(SampleDevice(kMaxDeviceId, kKim));
  Create(SampleDevice(7, {5001}));
  EXPECT_THAT(IdsOf(store().ListDevices({})),
              ElementsAre(3, 7, 8, 9, 40, kMaxDeviceId));
  EXPECT_THAT(IdsOf(store().ListDevices({.account = kKim})),
              ElementsAre(3, 8, 9, 40, kMaxDeviceId));
  EXPECT_THAT(store().ListDevices({.account = AccountId{5001}}).value(),
              ElementsAre(SampleDevice(7, {5001})));
  EXPECT_THAT(IdsOf(store().ListDevices({.account = AccountId{5002}})),
              IsEmpty());
  EXPECT_THAT(IdsOf(store().ListDevices({.account = AccountId{9}})), IsEmpty());
}

TEST_P(StoreConformance, DevicesAreListedByPages) {
  Create(SampleAccount(5000));
  Create(SampleAccount(5001));
  Commit commit = EmptyCommit();
  for (uint64_t id = 1; id <= Store::kMaxPage + 1; ++id) {
    commit.devices.push_back({.after = SampleDevice(2 * id, kKim)});
  }
  commit.devices.push_back({.after = SampleDevice(5, {5001})});
  Put(commit);
  const auto page = [&](uint64_t after, size_t limit,
                        std::optional<AccountId> account = std::nullopt) {
    return IdsOf(store().ListDevices({.account = account,
                                      .after = ToString(DeviceId{after}),
                                      .limit = limit}));
  };
  EXPECT_THAT(IdsOf(store().ListDevices({.limit = 3})), ElementsAre(2, 4, 5));
  EXPECT_THAT(page(4, 3), ElementsAre(5, 6, 8));
  EXPECT_THAT(page(4, 3, kKim), ElementsAre(6, 8, 10));
  EXPECT_THAT(page(3, 1), ElementsAre(4));  // after one that is not there
  EXPECT_THAT(page(kMaxDeviceId, 9), IsEmpty());
  EXPECT_EQ(IdsOf(store().ListDevices({.limit = 0})).size(), 1U);
  EXPECT_EQ(IdsOf(store().ListDevices({.limit = ~size_t{0}})).size(),
            Store::kMaxPage);
  for (const char* after : {"dev_", "8", "tok_0000000000001",
                            "dev_0000000000001", "dev_00000000", "x"}) {
    EXPECT_THAT(store().ListDevices({.after = after}),
                StatusIs(StatusCode::kInvalidArgument))
        << after;
  }
}

TEST_P(StoreConformance, IdleDevicesAreThoseNotUsedSince) {
  Create(SampleAccount(5000));
  Create(SampleAccount(5001));
  const auto create = [&](uint64_t id, AccountId account, int created,
                          std::optional<int> used) {
    DeviceRecord device = SampleDevice(id, account);
    device.created = FromUnixMillis(created);
    device.last_used =
        used.has_value() ? std::optional(FromUnixMillis(*used)) : std::nullopt;
    Create(device);
  };
  create(1, kKim, 10, std::nullopt);
  create(2, kKim, 10, 20);  // what counts is its last use, not its age
  create(3, {5001}, 30, std::nullopt);
  create(4, {5001}, 30, 5);
  create(5, kKim, -7, std::nullopt);
  const auto idle = [&](int since, DeviceFilter filter = {}) {
    filter.idle_since = FromUnixMillis(since);
    return IdsOf(store().ListDevices(filter));
  };
  EXPECT_THAT(idle(-7), IsEmpty());
  EXPECT_THAT(idle(5), ElementsAre(5));
  EXPECT_THAT(idle(10), ElementsAre(4, 5));
  EXPECT_THAT(idle(11), ElementsAre(1, 4, 5));
  EXPECT_THAT(idle(20), ElementsAre(1, 4, 5));
  EXPECT_THAT(idle(21), ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(idle(31), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(idle(31, {.account = AccountId{5001}}), ElementsAre(3, 4));
  EXPECT_THAT(idle(11, {.after = ToString(DeviceId{1}), .limit = 1}),
              ElementsAre(4));
  EXPECT_THAT(idle(11, {.account = kKim, .after = ToString(DeviceId{1})}),
              ElementsAre(5));
}

}  // namespace
}  // namespace pawl::db
