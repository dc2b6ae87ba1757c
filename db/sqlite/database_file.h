// DatabaseFile: the file on disk, made private, and still the same one.
#pragma once

#include <filesystem>

#include <sys/types.h>

#include "base/status.h"

namespace pawl::db::sqlite {

// Thread safety: like a const value.
class DatabaseFile {
 public:
  // Makes an empty file with mode 0600 when there is none; SQLite gives the
  // same mode to the files beside it. FAILED_PRECONDITION when group or others
  // may open it, UNAVAILABLE when it cannot be made.
  [[nodiscard]] static StatusOr<DatabaseFile> OpenOrCreate(
      const std::filesystem::path& path);

  // UNAVAILABLE when another file is at the path now, or none: what is written
  // to the old one would be acknowledged and gone at the next start.
  [[nodiscard]] Status CheckInPlace() const;

  // Absolute.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  DatabaseFile() = default;
  std::filesystem::path path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace pawl::db::sqlite
