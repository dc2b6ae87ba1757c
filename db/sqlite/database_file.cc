#include "db/sqlite/database_file.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <sys/stat.h>

#include "base/file.h"

namespace pawl::db::sqlite {

StatusOr<DatabaseFile> DatabaseFile::OpenOrCreate(
    const std::filesystem::path& path) {
  DatabaseFile file;
  std::error_code error;
  file.path_ = std::filesystem::absolute(path, error);
  const Status created = CreatePrivateFile(file.path_, "");
  if (!created.ok() && created.code() != StatusCode::kAlreadyExists) {
    return Unavailable(MessageOf(created));
  }
  struct stat info {};
  if (::stat(file.path_.c_str(), &info) != 0) {
    return Unavailable(file.path_.native() + ": " +
                       std::generic_category().message(errno));
  }
  if (!S_ISREG(info.st_mode) || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return FailedPrecondition(
        file.path_.native() +
        " must be a file that group and others cannot open (chmod 600)");
  }
  if (info.st_nlink != 1) {
    // Under another name another server may have it open unnoticed.
    return FailedPrecondition(file.path_.native() + " has other hard links");
  }
  file.device_ = info.st_dev;
  file.inode_ = info.st_ino;
  return file;
}

Status DatabaseFile::CheckInPlace() const {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0 || info.st_dev != device_ ||
      info.st_ino != inode_) {
    return Unavailable(path_.native() + " was moved or replaced");
  }
  return OkStatus();
}

}  // namespace pawl::db::sqlite
