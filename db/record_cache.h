// RecordCache: rows this process has read or written lately, found by the name
// a check asks for.
//
// It is only ever a matter of speed. What it gives may be old: whoever uses it
// commits with the versions it gave (db/store.h), and a commit on an old row
// is ABORTED.
//
// Bounded by memory: when half of the bound is new, what was not used since the
// last time is dropped. Thread safety: all methods may be called from any
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "db/store.h"

namespace pawl::db {

class RecordCache {
 public:
  // `max_bytes` bounds an estimate of the memory used; 0: nothing is kept.
  explicit RecordCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Fills `rows` for `keys`, NOT_FOUND for what is not here. True when it has
  // every client and at least one login, public id or token. Fingerprints and
  // attempts are never here.
  [[nodiscard]] bool Find(const Keys& keys, Rows& rows);

  // Keeps what the store gave for `keys`.
  void Put(const Keys& keys, const Rows& rows);

  // Brings what is kept under `keys` to the state after `commit`, which is
  // durable.
  void Update(const Keys& keys, const Commit& commit);

 private:
  // A row in the form it is kept.
  using Packed = std::string;
  // Two generations: what is used moves to the young one, and when that is
  // full it becomes the old one.
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Packed> young;
    std::unordered_map<std::string, Packed> old;
    size_t young_bytes = 0;
  };
  static constexpr size_t kShards = 16;

  template <typename Key, typename Record, typename Name>
  size_t FindEach(const std::vector<Key>& keys,
                  std::vector<StatusOr<Record>>& results, Name name);
  template <typename Key, typename Record, typename Name>
  void PutEach(const std::vector<Key>& keys,
               const std::vector<StatusOr<Record>>& results, Name name);
  template <typename Record>
  void UpdateOne(const std::string& name, const Commit& commit);

  Shard& ShardOf(std::string_view name);
  template <typename Record>
  [[nodiscard]] bool Get(const std::string& name, Record& record);
  void Set(std::string name, Packed packed);

  const size_t max_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace pawl::db
