// FaultVfs: stands between SQLite and the disk of this process. Counts what
// changes files, fails it on demand, and knows what is not on stable storage.
//
// Only one at a time. Thread safety: one thread writes while it is programmed.
#pragma once

#include <limits>
#include <set>
#include <string>

#include <sqlite3.h>

namespace pawl::testing {

class FaultVfs {
 public:
  FaultVfs();  // becomes the default of SQLite
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  // After `good` more operations (writes, syncs, truncations) `bad` of them
  // fail with `result`.
  void Fail(int good, int bad, int result);
  void Heal() { Fail(kNever, 0, SQLITE_OK); }
  // How many operations have failed since Fail().
  [[nodiscard]] int failed() const { return failed_; }

  // Paths that were written to since they were last synced.
  [[nodiscard]] const std::set<std::string>& unsynced() const {
    return unsynced_;
  }
  // Syncs so far.
  [[nodiscard]] int syncs() const { return syncs_; }

 private:
  friend struct FaultFile;
  static constexpr int kNever = std::numeric_limits<int>::max();

  // SQLITE_OK, or what the next operation fails with.
  int Next();

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  int good_ = kNever;
  int bad_ = 0;
  int result_ = SQLITE_OK;
  int failed_ = 0;
  int syncs_ = 0;
  std::set<std::string> unsynced_;
};

}  // namespace pawl::testing
