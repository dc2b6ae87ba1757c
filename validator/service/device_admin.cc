#include "validator/service/device_admin.h"

#include <array>
#include <utility>

#include "base/secret.h"
#include "validator/core/typed_code.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::DeviceId;
using db::DeviceKind;
using db::DeviceRecord;
using db::Event;

constexpr int64_t kMaxUnusedDays = 36500;
constexpr Millis kDay = std::chrono::hours(24);
// One device of a sweep more shows that there are others.
constexpr size_t kMostSwept = db::Store::kMaxPage - 1;
// Ids have 40 bits: one that is taken is rare, several in a row are not chance.
constexpr int kIdTries = 4;

Status CheckExpiry(std::optional<UnixTime> expires, UnixTime now) {
  return !expires.has_value() || *expires > now
             ? OkStatus()
             : InvalidField("expire_time", "must be in the future");
}

Status CheckUnusedDays(int64_t days, int64_t min) {
  return days >= min && days <= kMaxUnusedDays
             ? OkStatus()
             : InvalidField("unused_days", "must be " + std::to_string(min) +
                                               " to " +
                                               std::to_string(kMaxUnusedDays));
}

db::AuditEntry DeviceAudit(Event event, const DeviceRecord& device,
                           UnixTime now, const std::string& caller) {
  db::AuditEntry audit = AdminAudit(event, now, caller);
  audit.account = device.account;
  audit.device = device.id;
  return audit;
}

}  // namespace

DeviceAdmin::DeviceAdmin(const AdminParts& parts, const Catalogue& catalogue)
    : parts_(parts), catalogue_(&catalogue) {}

// Gives `device`, which has its id, a new secret. Its text is given back.
std::string DeviceAdmin::MakePassword(DeviceRecord& device) const {
  std::array<uint8_t, kDeviceRandomBytes> random{};
  parts_.rng->Fill(random);
  std::string text = FormatDevicePassword(device.id.value, random);
  Wipe(random);
  std::optional<DevicePassword> read = ReadDevicePassword(text);
  PAWL_CHECK(read.has_value());
  device.secret_mac = parts_.hash->Device(device.id, read->secret);
  Wipe(read->secret);
  return text;
}

// The account of a new device may have it.
Status DeviceAdmin::CheckRoom(const db::AccountRecord& account) const {
  if (!account.device_passwords) {
    return FailedPrecondition("the account may not have device passwords");
  }
  PAWL_ASSIGN_OR_RETURN(
      const std::vector<DeviceRecord> devices,
      DevicesOf(*parts_.store, account.id, DeviceKind::kPassword));
  return devices.size() < db::Store::kMaxDevicesPerAccount
             ? OkStatus()
             : FailedPrecondition("the account has as many devices as it may");
}

StatusOr<NewDevice> DeviceAdmin::Insert(const DeviceRecord& wanted,
                                        std::optional<uint64_t> as_of,
                                        const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(const db::AccountSnapshot found,
                        GetPersonsAccount(*parts_.store, wanted.account));
  if (found.account.version != as_of.value_or(found.account.version)) {
    return Aborted("the account was changed at the same moment: try again");
  }
  PAWL_RETURN_IF_ERROR(CheckRoom(found.account));
  NewDevice made{.device = wanted};
  made.device.id = {1 + parts_.rng->RandomId() % db::kMaxDeviceId};
  made.password = MakePassword(made.device);
  db::Commit commit;
  commit.audit =
      DeviceAudit(Event::kDeviceCreated, made.device, wanted.created, caller);
  commit.devices.push_back({.after = made.device});
  commit.account_guards.push_back({found.account.id, found.account.version});
  const Status done = parts_.store->Commit(commit);
  if (!done.ok()) {
    Wipe(made.password);
    return done;
  }
  return made;
}

StatusOr<NewDevice> DeviceAdmin::Create(AccountId account,
                                        std::string_view type,
                                        std::string_view name,
                                        std::optional<UnixTime> expires,
                                        const std::string& caller,
                                        std::optional<uint64_t> as_of) {
  const UnixTime now = parts_.clock->Now();
  const DeviceType* known = catalogue_->FindType(type);
  if (known == nullptr) {
    return InvalidField("type",
                        "is no device type of this server: see devices.types "
                        "of its configuration");
  }
  PAWL_RETURN_IF_ERROR(CheckDeviceName("name", name));
  PAWL_RETURN_IF_ERROR(CheckExpiry(expires, now));
  const DeviceRecord wanted{.account = account,
                            .kind = DeviceKind::kPassword,
                            .type = known->name,
                            .name = std::string(name),
                            .scopes = JoinNames(known->scopes),
                            .created = now,
                            .modified = now,
                            .expires = expires};
  const auto insert = [&] { return Insert(wanted, as_of, caller); };
  StatusOr<NewDevice> made = RetryOnRace(insert);
  for (int tries = 1;
       tries < kIdTries && made.status().code() == StatusCode::kAlreadyExists;
       ++tries) {
    made = RetryOnRace(insert);
  }
  return made;
}

StatusOr<DeviceRecord> DeviceAdmin::Get(DeviceId id, const Owner& owner) {
  PAWL_ASSIGN_OR_RETURN(db::DeviceSnapshot found, parts_.store->GetDevice(id));
  if (owner.has_value() && found.device.account != *owner) {
    return NotFound("device not found");  // as if there were none
  }
  return std::move(found.device);
}

StatusOr<std::vector<DeviceRecord>> DeviceAdmin::List(const Owner& owner,
                                                      int64_t unused_days,
                                                      const std::string& after,
                                                      size_t limit) {
  PAWL_RETURN_IF_ERROR(CheckUnusedDays(unused_days, 0));
  return parts_.store->ListDevices({.account = owner,
                                    .idle_since = IdleSince(unused_days),
                                    .after = after,
                                    .limit = limit});
}

// Until when a device must have been used not to count as unused so long.
std::optional<UnixTime> DeviceAdmin::IdleSince(int64_t unused_days) const {
  return unused_days == 0
             ? std::nullopt
             : std::optional(parts_.clock->Now() - unused_days * kDay);
}

StatusOr<DeviceRecord> DeviceAdmin::Change(DeviceId id, const Owner& owner,
                                           const db::DeviceChange& change,
                                           Event event,
                                           const std::string& caller) {
  return RetryOnRace([&]() -> StatusOr<DeviceRecord> {
    PAWL_ASSIGN_OR_RETURN(const DeviceRecord before, Get(id, owner));
    if (before.kind != DeviceKind::kPassword &&
        (change.expires.has_value() || change.secret_mac.has_value())) {
      return FailedPrecondition("the device is no device password");
    }
    const UnixTime now = parts_.clock->Now();
    DeviceRecord after = Apply(before, change, now);
    db::Commit commit;
    commit.audit = DeviceAudit(event, before, now, caller);
    commit.devices.push_back({.before = before, .after = after});
    PAWL_RETURN_IF_ERROR(parts_.store->Commit(commit));
    return after;
  });
}

StatusOr<DeviceRecord> DeviceAdmin::Update(DeviceId id, const Owner& owner,
                                           const DeviceUpdate& update,
                                           const std::string& caller) {
  if (update.name.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckDeviceName("name", *update.name));
  }
  if (update.expires.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckExpiry(*update.expires, parts_.clock->Now()));
  }
  return Change(id, owner, {.name = update.name, .expires = update.expires},
                Event::kDeviceUpdated, caller);
}

StatusOr<NewDevice> DeviceAdmin::Regenerate(DeviceId id, const Owner& owner,
                                            const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(DeviceRecord device, Get(id, owner));
  std::string password = MakePassword(device);
  StatusOr<DeviceRecord> changed =
      Change(id, owner, {.secret_mac = std::move(device.secret_mac)},
             Event::kDeviceRegenerated, caller);
  if (!changed.ok()) {
    Wipe(password);
    return changed.status();
  }
  return NewDevice{.device = *std::move(changed),
                   .password = std::move(password)};
}

// ABORTED when it was used, changed or removed meanwhile.
Status DeviceAdmin::Remove(const DeviceRecord& device,
                           const std::string& caller) {
  db::Commit commit;
  commit.audit =
      DeviceAudit(Event::kDeviceDeleted, device, parts_.clock->Now(), caller);
  commit.devices.push_back({.before = device});
  return parts_.store->Commit(commit);
}

Status DeviceAdmin::Delete(DeviceId id, const Owner& owner,
                           const std::string& caller) {
  return RetryOnRace([&]() -> Status {
    PAWL_ASSIGN_OR_RETURN(const DeviceRecord device, Get(id, owner));
    return Remove(device, caller);
  });
}

StatusOr<SweptDevices> DeviceAdmin::Sweep(const Owner& owner,
                                          int64_t unused_days, bool dry_run,
                                          const std::string& caller) {
  PAWL_RETURN_IF_ERROR(CheckUnusedDays(unused_days, 1));
  PAWL_ASSIGN_OR_RETURN(
      std::vector<DeviceRecord> unused,
      parts_.store->ListDevices({.account = owner,
                                 .idle_since = IdleSince(unused_days),
                                 .limit = kMostSwept + 1}));
  SweptDevices swept{.more = unused.size() > kMostSwept};
  if (swept.more) {
    unused.pop_back();
  }
  if (dry_run) {
    swept.devices = std::move(unused);
    return swept;
  }
  for (DeviceRecord& device : unused) {
    const Status removed = Remove(device, caller);
    if (removed.ok()) {
      swept.devices.push_back(std::move(device));
    } else if (removed.code() != StatusCode::kAborted) {
      return removed;
    }
    // ABORTED: it was just used, and stays, or is gone already.
  }
  return swept;
}

}  // namespace pawl::validator
