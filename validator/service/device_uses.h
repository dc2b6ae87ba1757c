// DeviceUses: good checks of device passwords and sessions, told to the store
// in time (no write for each).
//
// The first use of a device from an address at a service is the check's own
// commit. Repeated ones are counted here, and about once a minute become one
// audit entry for each device, service and address, in the same commit with the
// device's last use. What was counted is written at the latest when this is
// destroyed; what a store does not take is kept for the next time.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/periodic.h"
#include "base/time.h"
#include "db/store.h"

namespace pawl::validator {

class DeviceUses {
 public:
  // Less than a minute, so that "last used" is never a minute behind.
  static constexpr Millis kPeriod = std::chrono::seconds(50);

  // One use.
  struct Use {
    db::DeviceId device{};
    db::AccountId account{};
    db::Reason reason = db::Reason::kGoodDevicePassword;
    std::string caller{};
    std::string service{};
    std::string address{};
    UnixTime at{};
  };

  // `store` must outlive it.
  explicit DeviceUses(db::Store& store);
  ~DeviceUses();
  DeviceUses(const DeviceUses&) = delete;
  DeviceUses& operator=(const DeviceUses&) = delete;

  // True when such a use was committed by this process lately: then it is
  // counted, and the answer need not wait for a commit.
  [[nodiscard]] bool Count(const Use& use);
  // To be called when the first one was committed.
  void Begin(const Use& use);

  // `device` with its last use brought up to `use`.
  [[nodiscard]] static db::Write<db::DeviceRecord> WriteOf(
      const db::DeviceRecord& device, const Use& use);

  // Writes what was counted.
  void Flush();

 private:
  // What makes a use "the same".
  using Key = std::tuple<uint64_t, std::string, std::string, std::string>;
  using KeyView = std::tuple<uint64_t, std::string_view, std::string_view,
                             std::string_view>;
  // Finds a key by its view, without a copy of its texts.
  struct Before {
    using is_transparent = void;
    static const KeyView& View(const KeyView& view) { return view; }
    static KeyView View(const Key& key) { return key; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return View(a) < View(b);
    }
  };
  struct Entry {
    Use last{};
    uint32_t count = 0;  // since it was written
  };
  struct Shard {
    std::mutex mutex;
    std::map<Key, Entry, Before> entries;
  };
  static constexpr size_t kShards = 16;
  static constexpr size_t kMostInShard = 1U << 16U;
  static constexpr size_t kBatch = 256;

  [[nodiscard]] static KeyView KeyOf(const Use& use);
  [[nodiscard]] Shard& ShardOf(const Use& use);
  [[nodiscard]] std::vector<Entry> Take();
  void GiveBack(const Entry& entry);
  void Write(std::span<const Entry> entries);

  db::Store* store_;
  std::array<Shard, kShards> shards_;
  Periodic writer_;
};

}  // namespace pawl::validator
