#include "validator/service/admin.h"

#include <utility>

namespace pawl::validator {

using db::AccountId;
using db::AccountSnapshot;
using db::DeviceRecord;

StatusOr<AccountSnapshot> GetPersonsAccount(db::Store& store, AccountId id) {
  PAWL_ASSIGN_OR_RETURN(AccountSnapshot found, store.GetAccount(id));
  if (found.account.login.empty()) {
    return NotFound("account not found");
  }
  return found;
}

StatusOr<std::vector<DeviceRecord>> DevicesOf(db::Store& store,
                                              AccountId account,
                                              db::DeviceKind kind) {
  std::vector<DeviceRecord> devices;
  db::DeviceFilter filter{.account = account, .limit = db::Store::kMaxPage};
  bool more = true;
  while (more) {
    PAWL_ASSIGN_OR_RETURN(std::vector<DeviceRecord> page,
                          store.ListDevices(filter));
    more = page.size() == filter.limit;
    if (more) {
      filter.after = db::ToString(page.back().id);
    }
    for (DeviceRecord& device : page) {
      if (device.kind == kind) {
        devices.push_back(std::move(device));
      }
    }
  }
  return devices;
}

void AddChange(const db::AccountRecord& account,
               const db::AccountChange& change, UnixTime now,
               db::Commit& commit) {
  commit.accounts.push_back(
      {.before = account, .after = Apply(account, change, now)});
}

Status AddChange(const db::TokenRecord& token, const db::TokenChange& change,
                 UnixTime now, db::Commit& commit) {
  PAWL_ASSIGN_OR_RETURN(db::TokenRecord after, Apply(token, change, now));
  commit.tokens.push_back({.before = token, .after = std::move(after)});
  return OkStatus();
}

Status RemoveDevices(const AdminParts& parts,
                     const std::vector<DeviceRecord>& devices,
                     const std::string& caller) {
  db::Commit commit;
  commit.audit =
      AdminAudit(db::Event::kDeviceDeleted, parts.clock->Now(), caller);
  commit.audit.account = devices.front().account;
  if (devices.size() == 1) {
    commit.audit.device = devices.front().id;
  }
  commit.audit.count = static_cast<uint32_t>(devices.size());
  for (const DeviceRecord& device : devices) {
    commit.devices.push_back({.before = device});
  }
  return parts.store->Commit(commit);
}

}  // namespace pawl::validator
