// Files that hold secrets or guard a data directory.
//
// All functions are thread-safe; errors name the path, never the contents.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace pawl {

// Creates `path` (and parents) with mode 0700 when missing. FAILED_PRECONDITION
// when it exists and group or others may enter, or it is not a directory.
[[nodiscard]] Status EnsurePrivateDirectory(const std::filesystem::path& path);

// Keys, settings and certificates are no larger.
inline constexpr size_t kSmallFile = size_t{64} * 1024;

// Reads a secret file of at most `most` bytes. FAILED_PRECONDITION when it is
// longer, or group or others may read it; NOT_FOUND when it is missing.
[[nodiscard]] StatusOr<SecretBytes> ReadPrivateFile(
    const std::filesystem::path& path, size_t most = kSmallFile);

// Reads a file of at most kSmallFile that is no secret.
[[nodiscard]] StatusOr<std::string> ReadTextFile(
    const std::filesystem::path& path);

// Writes a new file with mode 0600 so that after a crash it is either there
// whole or not at all (temporary file, fsync, rename). ALREADY_EXISTS when
// `path` exists: a key is never overwritten.
[[nodiscard]] Status CreatePrivateFile(const std::filesystem::path& path,
                                       std::string_view contents);

// The same in place of what is there: after a crash `path` holds either the old
// contents or the new.
[[nodiscard]] Status ReplacePrivateFile(const std::filesystem::path& path,
                                        std::string_view contents);

// An exclusive lock on a file, held until the object or the process dies.
class FileLock {
 public:
  // Creates the file (0600) when missing. FAILED_PRECONDITION when another
  // process holds the lock; the message names the path and that process.
  [[nodiscard]] static StatusOr<FileLock> Acquire(
      const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace pawl
