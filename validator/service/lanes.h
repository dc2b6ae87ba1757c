// Lanes: checks of one name go one after the other.
//
// Without them, many at once on one account would each judge the same row and
// all but one would lose the race and start again. Names in different lanes do
// not wait for each other; two names may share a lane by chance.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace pawl::validator {

template <typename Item>
class Lanes {
 public:
  static constexpr size_t kMaxWaiting = 256;  // in one lane (I8)

  using Lane = size_t;
  [[nodiscard]] static Lane Of(std::string_view name) {
    return std::hash<std::string_view>()(name);
  }

  enum class Entry { kGo, kWait, kFull };
  // kGo: the lane was free and is taken now. kWait: Leave() will give it out.
  // kFull: it did not enter.
  [[nodiscard]] Entry Enter(Lane lane, Item item) {
    Shard& shard = ShardOf(lane);
    const std::lock_guard lock(shard.mutex);
    const auto [at, free] = shard.waiting.try_emplace(lane);
    if (free) {
      return Entry::kGo;
    }
    if (at->second.size() >= kMaxWaiting) {
      return Entry::kFull;
    }
    at->second.push_back(item);
    return Entry::kWait;
  }

  // To be called by who has gone: gives the next, which may go now.
  [[nodiscard]] std::optional<Item> Leave(Lane lane) {
    Shard& shard = ShardOf(lane);
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.waiting.find(lane);
    if (at->second.empty()) {
      shard.waiting.erase(at);
      return std::nullopt;
    }
    const Item next = at->second.front();
    at->second.pop_front();
    return next;
  }

 private:
  static constexpr size_t kShards = 16;
  struct Shard {
    std::mutex mutex;
    // Mostly empty: a list takes no memory then.
    std::unordered_map<Lane, std::list<Item>> waiting;
  };
  Shard& ShardOf(Lane lane) { return shards_[lane % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace pawl::validator
