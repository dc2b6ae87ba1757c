#include "validator/service/device_uses.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/log.h"

namespace pawl::validator {

DeviceUses::DeviceUses(db::Store& store)
    : store_(&store), writer_("device_uses", kPeriod, [this] { Flush(); }) {}

DeviceUses::~DeviceUses() {
  writer_.Stop();
  Flush();
}

DeviceUses::KeyView DeviceUses::KeyOf(const Use& use) {
  return {use.device.value, use.service, use.address, use.caller};
}

db::Write<db::DeviceRecord> DeviceUses::WriteOf(const db::DeviceRecord& device,
                                                const Use& use) {
  return {
      .before = device,
      .after = Apply(device,
                     {.used = db::DeviceChange::Use{.at = use.at,
                                                    .address = use.address,
                                                    .service = use.service}},
                     use.at)};
}

DeviceUses::Shard& DeviceUses::ShardOf(const Use& use) {
  return shards_[use.device.value % kShards];
}

bool DeviceUses::Count(const Use& use) {
  Shard& shard = ShardOf(use);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(KeyOf(use));
  if (found == shard.entries.end()) {
    return false;
  }
  Entry& entry = found->second;
  ++entry.count;
  entry.last.at = std::max(entry.last.at, use.at);
  return true;
}

void DeviceUses::Begin(const Use& use) {
  Shard& shard = ShardOf(use);
  const std::lock_guard lock(shard.mutex);
  if (shard.entries.size() >= kMostInShard) {
    // Who is forgotten begins anew, with an entry of its own.
    std::erase_if(shard.entries,
                  [](const auto& entry) { return entry.second.count == 0; });
  }
  shard.entries.try_emplace(Key(KeyOf(use)), Entry{.last = use});
}

// What was counted; the entries stay, with nothing counted.
std::vector<DeviceUses::Entry> DeviceUses::Take() {
  std::vector<Entry> taken;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (auto& [key, entry] : shard.entries) {
      if (entry.count > 0) {
        taken.push_back(entry);
        entry.count = 0;
      }
    }
  }
  return taken;
}

void DeviceUses::GiveBack(const Entry& entry) {
  Shard& shard = ShardOf(entry.last);
  const std::lock_guard lock(shard.mutex);
  Entry& kept =
      shard.entries
          .try_emplace(Key(KeyOf(entry.last)), Entry{.last = entry.last})
          .first->second;
  kept.count += entry.count;
}

void DeviceUses::Flush() {
  const std::vector<Entry> taken = Take();
  for (size_t done = 0; done < taken.size(); done += kBatch) {
    Write(
        std::span(taken).subspan(done, std::min(kBatch, taken.size() - done)));
  }
}

void DeviceUses::Write(std::span<const Entry> entries) {
  db::Keys keys;
  for (const Entry& entry : entries) {
    keys.devices.push_back(entry.last.device);
  }
  StatusOr<db::Rows> rows = store_->Read(keys);
  if (!rows.ok()) {
    std::for_each(entries.begin(), entries.end(),
                  [this](const Entry& entry) { GiveBack(entry); });
    return;
  }
  // One device may have been used from several places: each commit meets what
  // the one before has written.
  std::unordered_map<uint64_t, db::DeviceRecord> devices;
  std::vector<db::Commit> commits(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const Use& use = entries[i].last;
    commits[i].audit = {.at = use.at,
                        .event = db::Event::kLoginChecked,
                        .reason = use.reason,
                        .caller = use.caller,
                        .account = use.account,
                        .service = use.service,
                        .client_address = use.address,
                        .device = use.device,
                        .count = entries[i].count};
    if (!rows->devices[i].ok()) {
      continue;  // deleted since: what was counted is still told
    }
    db::DeviceRecord& device =
        devices.try_emplace(use.device.value, rows->devices[i]->device)
            .first->second;
    commits[i].devices.push_back(WriteOf(device, use));
    device = *commits[i].devices.front().after;
  }
  std::vector<const db::Commit*> pointers;
  for (const db::Commit& commit : commits) {
    pointers.push_back(&commit);
  }
  const std::vector<Status> results = store_->Commit(pointers);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!results[i].ok()) {
      Log(Severity::kWarning, "device_use_not_written")
          .With("error", ToString(results[i]));
      GiveBack(entries[i]);
    }
  }
}

}  // namespace pawl::validator
