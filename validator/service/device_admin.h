// DeviceAdmin: making and changing devices.
//
// `owner` is the account a device must belong to: of another one it is
// NOT_FOUND; nullopt: any. Every change is one commit with its audit entry.
// Errors as AccountAdmin's.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "db/store.h"
#include "validator/core/catalogue.h"
#include "validator/service/admin.h"

namespace pawl::validator {

struct NewDevice {
  db::DeviceRecord device{};
  std::string password{};  // typable; who has shown it wipes it
};

// The fields that may be changed; absent: unchanged.
struct DeviceUpdate {
  std::optional<std::string> name = std::nullopt;
  // Of device passwords only.
  std::optional<std::optional<UnixTime>> expires = std::nullopt;
};

struct SweptDevices {
  std::vector<db::DeviceRecord> devices{};
  bool more = false;
};

class DeviceAdmin {
 public:
  using Owner = std::optional<db::AccountId>;

  // `catalogue` must outlive it.
  DeviceAdmin(const AdminParts& parts, const Catalogue& catalogue);

  // FAILED_PRECONDITION when the account may not have device passwords, or has
  // as many devices as it may; ABORTED when it is not in version `as_of` (any,
  // when there is none).
  [[nodiscard]] StatusOr<NewDevice> Create(db::AccountId account,
                                           std::string_view type,
                                           std::string_view name,
                                           std::optional<UnixTime> expires,
                                           const std::string& caller,
                                           std::optional<uint64_t> as_of = {});
  [[nodiscard]] StatusOr<db::DeviceRecord> Get(db::DeviceId id,
                                               const Owner& owner);
  // By id; `after` is the text of the last id of the page before.
  // `unused_days`: only what was not used, or made, for so long; 0: all.
  [[nodiscard]] StatusOr<std::vector<db::DeviceRecord>> List(
      const Owner& owner, int64_t unused_days, const std::string& after,
      size_t limit);
  [[nodiscard]] StatusOr<db::DeviceRecord> Update(db::DeviceId id,
                                                  const Owner& owner,
                                                  const DeviceUpdate& update,
                                                  const std::string& caller);
  // The old password dies. FAILED_PRECONDITION for what has none.
  [[nodiscard]] StatusOr<NewDevice> Regenerate(db::DeviceId id,
                                               const Owner& owner,
                                               const std::string& caller);
  [[nodiscard]] Status Delete(db::DeviceId id, const Owner& owner,
                              const std::string& caller);
  // Removes what was not used for `unused_days`, at most 1000 devices, each
  // with an audit entry of its own; `dry_run`: only tells. What is used
  // meanwhile stays and is not told.
  [[nodiscard]] StatusOr<SweptDevices> Sweep(const Owner& owner,
                                             int64_t unused_days, bool dry_run,
                                             const std::string& caller);

 private:
  [[nodiscard]] StatusOr<db::DeviceRecord> Change(
      db::DeviceId id, const Owner& owner, const db::DeviceChange& change,
      db::Event event, const std::string& caller);
  [[nodiscard]] std::string MakePassword(db::DeviceRecord& device) const;
  [[nodiscard]] Status CheckRoom(const db::AccountRecord& account) const;
  [[nodiscard]] StatusOr<NewDevice> Insert(const db::DeviceRecord& wanted,
                                           std::optional<uint64_t> as_of,
                                           const std::string& caller);
  [[nodiscard]] std::optional<UnixTime> IdleSince(int64_t unused_days) const;
  [[nodiscard]] Status Remove(const db::DeviceRecord& device,
                              const std::string& caller);

  AdminParts parts_;
  const Catalogue* catalogue_;
};

}  // namespace pawl::validator
