// FaultVfs: stands between SQLite and the disk of this process. Counts what
// changes files, fails it on demand, and knows what is not on stable storage.
//
// Only one at a time. Thread safety: all methods may be called from any thread.
#pragma once

#include <limits>
#include <mutex>
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
  [[nodiscard]] int failed() const;

  // Logs with bytes that are not on stable storage: a commit that is OK leaves
  // none.
  [[nodiscard]] std::set<std::string> UnsyncedLogs() const;
  // How often a log began anew before the database had what the old one held.
  [[nodiscard]] int lost_logs() const;
  // Syncs so far.
  [[nodiscard]] int syncs() const;

 private:
  friend struct FaultFile;
  static constexpr int kNever = std::numeric_limits<int>::max();

  // SQLITE_OK, or what the next operation on the file fails with.
  int Change(const std::string& path, bool at_begin);
  int Sync(const std::string& path);
  int Next();
  void Forget(const std::string& path);

  mutable std::mutex mutex_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  int good_ = kNever;
  int bad_ = 0;
  int result_ = SQLITE_OK;
  int failed_ = 0;
  int syncs_ = 0;
  int lost_logs_ = 0;
  std::set<std::string> unsynced_;
};

}  // namespace pawl::testing
