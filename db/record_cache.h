// RecordCache: rows this process has read or written lately, found by the name
// a check asks for.
//
// It is only ever a matter of speed. What it gives may be old: whoever uses it
// commits with the versions it gave (db/store.h), and a commit on an old row
// is ABORTED.
//
// Bounded by memory (db/blob_table.h). Thread safety: all methods may be called
// from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "db/blob_table.h"
#include "db/store.h"

namespace pawl::db {

class RecordCache {
 public:
  // `max_bytes` bounds an estimate of the memory used; 0: nothing is kept.
  explicit RecordCache(size_t max_bytes);

  // Fills `rows` for `keys`, NOT_FOUND for what is not here. True when it has
  // every client and at least one login, public id or token. Fingerprints,
  // devices, budgets and attempts are never here.
  [[nodiscard]] bool Find(const Keys& keys, Rows& rows);

  // Keeps what the store gave for `keys`.
  void Put(const Keys& keys, const Rows& rows);

  // True when what is put now is likely to put out something else.
  [[nodiscard]] bool IsFull();

  // Brings what is kept under `keys` to the state after `commit`, which is
  // durable.
  void Update(const Keys& keys, const Commit& commit);

 private:
  struct Shard {
    explicit Shard(size_t max_bytes) : blobs(max_bytes) {}
    std::mutex mutex;
    BlobTable blobs;
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
  [[nodiscard]] bool Get(std::string_view name, Record& record);
  void Set(std::string_view name, std::string_view packed);

  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace pawl::db
