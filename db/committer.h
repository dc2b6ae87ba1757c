// Committer and Loader: many checks, one transaction (group commit).
//
// Whoever has a commit to make hands it over and goes on; what was handed over
// while the last batch was being written is the next batch. Reads of rows that
// no cache has go the same way.
//
// Thread safety: Add() may be called from any thread. Done() is called on the
// batch's own thread, or by Add() itself when there is no room; it may add
// again. The destructors finish what is waiting.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "base/batcher.h"
#include "base/status.h"
#include "db/store.h"

namespace pawl::db {

// A commit that waits for its turn. It must live until Done().
class PendingCommit {
 public:
  [[nodiscard]] virtual const db::Commit& GetCommit() const = 0;
  // True when nobody waits for it any more: then it is not written.
  [[nodiscard]] virtual bool IsExpired() const = 0;
  // Store::Commit()'s answer; DEADLINE_EXCEEDED when it had expired before it
  // was written, RESOURCE_EXHAUSTED when there was no room: nothing was done.
  virtual void OnCommitted(const Status& status) = 0;

 protected:
  ~PendingCommit() = default;
};

class Committer {
 public:
  static constexpr size_t kMaxWaiting = 8192;
  static constexpr size_t kMaxBatch = 512;

  // `store` must outlive the committer.
  explicit Committer(Store& store);
  void Add(PendingCommit& commit);

  // What was handed to the store so far, and in how many batches.
  struct Counts {
    uint64_t commits = 0;
    uint64_t batches = 0;
  };
  [[nodiscard]] Counts counts() const { return {commits_, batches_}; }

 private:
  void Work(std::span<PendingCommit*> batch);

  Store* store_;
  std::atomic<uint64_t> commits_ = 0;
  std::atomic<uint64_t> batches_ = 0;
  Batcher<PendingCommit*> batcher_;
};

// A read that waits for its turn. It must live until OnRead().
class PendingRead {
 public:
  [[nodiscard]] virtual const Keys& GetKeys() const = 0;
  // The rows for these keys alone; RESOURCE_EXHAUSTED when there was no room.
  virtual void OnRead(StatusOr<Rows> rows) = 0;

 protected:
  ~PendingRead() = default;
};

class Loader {
 public:
  static constexpr size_t kMaxWaiting = 8192;
  static constexpr size_t kMaxBatch = 256;

  // `store` must outlive the loader.
  explicit Loader(Store& store);
  void Add(PendingRead& read);

 private:
  void Work(std::span<PendingRead*> batch);

  Store* store_;
  Batcher<PendingRead*> batcher_;
};

}  // namespace pawl::db
