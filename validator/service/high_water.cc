#include "validator/service/high_water.h"

#include <algorithm>

namespace pawl::validator {

bool HighWater::IsBehind(db::TokenId token,
                         std::optional<db::Position> position) const {
  const Shard& shard = shards_[ShardOf(token)];
  const std::lock_guard<std::mutex> lock(shard.mutex);
  const auto mark = shard.marks.find(token.value);
  return mark != shard.marks.end() &&
         (!position.has_value() || *position < mark->second);
}

void HighWater::Raise(db::TokenId token, db::Position position) {
  Shard& shard = shards_[ShardOf(token)];
  const std::lock_guard<std::mutex> lock(shard.mutex);
  db::Position& mark = shard.marks[token.value];
  mark = std::max(mark, position);
}

bool HighWater::IsSpent(const std::string& mac) const {
  const std::lock_guard lock(spent_mutex_);
  return spent_.contains(mac);
}

void HighWater::Spend(const std::string& mac) {
  const std::lock_guard lock(spent_mutex_);
  spent_.insert(mac);
}

bool HighWater::IsLastCode(db::TokenId token, const std::string& mac) const {
  const Shard& shard = shards_[ShardOf(token)];
  const std::lock_guard<std::mutex> lock(shard.mutex);
  const auto code = shard.codes.find(token.value);
  return code != shard.codes.end() && code->second == mac;
}

void HighWater::NoteCode(db::TokenId token, const std::string& mac) {
  Shard& shard = shards_[ShardOf(token)];
  const std::lock_guard<std::mutex> lock(shard.mutex);
  shard.codes[token.value] = mac;
}

}  // namespace pawl::validator
