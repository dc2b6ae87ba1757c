#include "tests/db/sqlite/fault_vfs.h"

#include <string_view>

#include "base/status.h"

namespace pawl::testing {

// SQLite allocates szOsFile bytes for each open file: this, then the file of
// the real VFS.
struct FaultFile {
  sqlite3_file base;
  FaultVfs* vfs;
  const char* path;  // SQLite keeps it as long as the file

  static FaultFile* Of(sqlite3_file* file) {
    return reinterpret_cast<FaultFile*>(file);
  }
  static sqlite3_file* Real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(Of(file) + 1);
  }

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file,
                  int flags, int* out_flags);
  static int Close(sqlite3_file* file);
  static int Write(sqlite3_file* file, const void* data, int size,
                   sqlite3_int64 offset);
  static int Truncate(sqlite3_file* file, sqlite3_int64 size);
  static int Sync(sqlite3_file* file, int flags);
};

namespace {

constexpr std::string_view kLog = "-wal";

// A method that only goes on to the real file.
template <auto kMethod, typename... Args>
int Forward(sqlite3_file* file, Args... args) {
  sqlite3_file* real = FaultFile::Real(file);
  return (real->pMethods->*kMethod)(real, args...);
}

void Barrier(sqlite3_file* file) {
  sqlite3_file* real = FaultFile::Real(file);
  real->pMethods->xShmBarrier(real);
}

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,  // without memory-mapped reading
    .xClose = FaultFile::Close,
    .xRead = Forward<&sqlite3_io_methods::xRead>,
    .xWrite = FaultFile::Write,
    .xTruncate = FaultFile::Truncate,
    .xSync = FaultFile::Sync,
    .xFileSize = Forward<&sqlite3_io_methods::xFileSize>,
    .xLock = Forward<&sqlite3_io_methods::xLock>,
    .xUnlock = Forward<&sqlite3_io_methods::xUnlock>,
    .xCheckReservedLock = Forward<&sqlite3_io_methods::xCheckReservedLock>,
    .xFileControl = Forward<&sqlite3_io_methods::xFileControl>,
    .xSectorSize = Forward<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics =
        Forward<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = Forward<&sqlite3_io_methods::xShmMap>,
    .xShmLock = Forward<&sqlite3_io_methods::xShmLock>,
    .xShmBarrier = Barrier,
    .xShmUnmap = Forward<&sqlite3_io_methods::xShmUnmap>,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

}  // namespace

int FaultFile::Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file,
                    int flags, int* out_flags) {
  auto* faults = static_cast<FaultVfs*>(vfs->pAppData);
  const int result =
      faults->real_->xOpen(faults->real_, path, Real(file), flags, out_flags);
  FaultFile* self = Of(file);
  self->base.pMethods = result == SQLITE_OK ? &kMethods : nullptr;
  self->vfs = faults;
  self->path = path == nullptr ? "" : path;
  return result;
}

int FaultFile::Close(sqlite3_file* file) {
  Of(file)->vfs->Forget(Of(file)->path);
  return Forward<&sqlite3_io_methods::xClose>(file);
}

int FaultFile::Write(sqlite3_file* file, const void* data, int size,
                     sqlite3_int64 offset) {
  if (const int result = Of(file)->vfs->Change(Of(file)->path, offset == 0);
      result != SQLITE_OK) {
    return result;
  }
  return Forward<&sqlite3_io_methods::xWrite>(file, data, size, offset);
}

int FaultFile::Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int result = Of(file)->vfs->Change(Of(file)->path, size == 0);
      result != SQLITE_OK) {
    return result;
  }
  return Forward<&sqlite3_io_methods::xTruncate>(file, size);
}

int FaultFile::Sync(sqlite3_file* file, int flags) {
  if (const int result = Of(file)->vfs->Sync(Of(file)->path);
      result != SQLITE_OK) {
    return result;
  }
  return Forward<&sqlite3_io_methods::xSync>(file, flags);
}

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.szOsFile = static_cast<int>(sizeof(FaultFile)) + real_->szOsFile;
  vfs_.zName = "pawl-faults";
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = FaultFile::Open;
  PAWL_CHECK(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

void FaultVfs::Fail(int good, int bad, int result) {
  const std::lock_guard lock(mutex_);
  good_ = good;
  bad_ = bad;
  result_ = result;
  failed_ = 0;
}

int FaultVfs::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::set<std::string> FaultVfs::UnsyncedLogs() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> logs;
  for (const std::string& path : unsynced_) {
    if (path.ends_with(kLog)) {
      logs.insert(path);
    }
  }
  return logs;
}

int FaultVfs::lost_logs() const {
  const std::lock_guard lock(mutex_);
  return lost_logs_;
}

int FaultVfs::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

int FaultVfs::Change(const std::string& path, bool at_begin) {
  const std::lock_guard lock(mutex_);
  const int result = Next();
  if (result != SQLITE_OK) {
    return result;
  }
  if (at_begin && path.ends_with(kLog) &&
      unsynced_.contains(path.substr(0, path.size() - kLog.size()))) {
    ++lost_logs_;
  }
  unsynced_.insert(path);
  return SQLITE_OK;
}

int FaultVfs::Sync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const int result = Next();
  if (result == SQLITE_OK) {
    ++syncs_;
    unsynced_.erase(path);
  }
  return result;
}

void FaultVfs::Forget(const std::string& path) {
  const std::lock_guard lock(mutex_);
  unsynced_.erase(path);
}

// With the mutex held.
int FaultVfs::Next() {
  if (good_ > 0) {
    --good_;
    return SQLITE_OK;
  }
  if (bad_ == 0) {
    return SQLITE_OK;
  }
  --bad_;
  ++failed_;
  return result_;
}

}  // namespace pawl::testing
