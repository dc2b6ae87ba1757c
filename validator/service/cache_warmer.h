// CacheWarmer: reads every account once after the start, so that the first
// check of each is as cheap as its next.
//
// It ends when all are read or the cache is full, and gives way to checks. A
// store that fails ends it too: the cache is only a matter of speed.
//
// Thread safety: Start() is called once, by the owner.
#pragma once

#include <stop_token>
#include <thread>

#include "db/record_cache.h"
#include "db/store.h"

namespace pawl::validator {

class CacheWarmer {
 public:
  // Both must outlive it. The destructor ends its thread.
  CacheWarmer(db::Store& store, db::RecordCache& cache)
      : store_(&store), cache_(&cache) {}
  void Start();

 private:
  void Run(const std::stop_token& stop);
  [[nodiscard]] StatusOr<size_t> Fill(const std::stop_token& stop);

  db::Store* store_;
  db::RecordCache* cache_;
  std::jthread thread_;
};

}  // namespace pawl::validator
