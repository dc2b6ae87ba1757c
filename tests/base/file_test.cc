#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/bytes.h"
#include "base/key_access.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

mode_t ModeOf(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

void WriteFile(const fs::path& path, std::string_view text, mode_t mode) {
  std::ofstream(path, std::ios::binary) << text;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

std::string ReadText(const fs::path& path) {
  const StatusOr<SecretBytes> secret = ReadPrivateFile(path);
  return secret.ok() ? std::string(AsText(secret->Reveal(GrantKeyAccess())))
                     : ToString(secret.status());
}

size_t CountFiles(const fs::path& directory) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory)) {
    ++count;
  }
  return count;
}

TEST(EnsurePrivateDirectory, CreatesItAndItsParents) {
  const TempDir dir;
  const fs::path path = dir / "a" / "b";
  EXPECT_THAT(EnsurePrivateDirectory(path), IsOk());
  EXPECT_EQ(ModeOf(path), 0700U);
  EXPECT_EQ(ModeOf(dir / "a"), 0700U);
  EXPECT_THAT(EnsurePrivateDirectory(path), IsOk());
  EXPECT_THAT(EnsurePrivateDirectory(dir / "c/d/"), IsOk());
}

TEST(EnsurePrivateDirectory, RefusesWhatOthersMayEnter) {
  const TempDir dir;
  for (const mode_t mode : {0701U, 0710U, 0740U, 0755U}) {
    const fs::path path = dir / std::to_string(mode);
    ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_THAT(
        EnsurePrivateDirectory(path),
        StatusIs(StatusCode::kFailedPrecondition, HasSubstr(path.native())));
    EXPECT_EQ(ModeOf(path), mode);
  }
}

TEST(EnsurePrivateDirectory, RefusesAFile) {
  const TempDir dir;
  WriteFile(dir / "file", "", 0600);
  EXPECT_THAT(EnsurePrivateDirectory(dir / "file"),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(EnsurePrivateDirectory(dir / "file/below"), Not(IsOk()));
}

TEST(ReadPrivateFile, ReadsEveryByte) {
  const TempDir dir;
  const std::string text("line\n\0\xff", 7);
  WriteFile(dir / "key", text, 0600);
  EXPECT_EQ(ReadText(dir / "key"), text);
  WriteFile(dir / "key", "", 0400);
  EXPECT_EQ(ReadText(dir / "key"), "");
}

TEST(ReadPrivateFile, RefusesWhatOthersMayRead) {
  const TempDir dir;
  for (const mode_t mode : {0640U, 0604U, 0644U, 0620U, 0601U}) {
    WriteFile(dir / "key", "secret", mode);
    EXPECT_THAT(ReadPrivateFile(dir / "key"),
                StatusIs(StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr((dir / "key").native()),
                               Not(HasSubstr("secret")))));
  }
}

TEST(ReadPrivateFile, TellsAMissingFile) {
  const TempDir dir;
  EXPECT_THAT(
      ReadPrivateFile(dir / "key"),
      StatusIs(StatusCode::kNotFound, HasSubstr((dir / "key").native())));
}

TEST(ReadPrivateFile, StopsAt64KiB) {
  const TempDir dir;
  constexpr size_t kMax = size_t{64} * 1024;
  WriteFile(dir / "key", std::string(kMax, 'x'), 0600);
  EXPECT_EQ(ReadText(dir / "key"), std::string(kMax, 'x'));
  WriteFile(dir / "key", std::string(kMax + 1, 'x'), 0600);
  EXPECT_THAT(ReadPrivateFile(dir / "key"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(ReadPrivateFile, RefusesWhatIsNoFile) {
  const TempDir dir;
  EXPECT_THAT(ReadPrivateFile(dir.path()),
              StatusIs(StatusCode::kFailedPrecondition));
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(ReadPrivateFile(dir / "pipe"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST(CreatePrivateFile, WritesAFileForTheOwnerOnly) {
  const TempDir dir;
  const std::string text("text\0", 5);
  EXPECT_THAT(CreatePrivateFile(dir / "key", text), IsOk());
  EXPECT_EQ(ModeOf(dir / "key"), 0600U);
  EXPECT_EQ(ReadText(dir / "key"), text);
  EXPECT_EQ(CountFiles(dir.path()), 1U);
}

TEST(CreatePrivateFile, NeverOverwrites) {
  const TempDir dir;
  ASSERT_THAT(CreatePrivateFile(dir / "key", "first"), IsOk());
  EXPECT_THAT(
      CreatePrivateFile(dir / "key", "second"),
      StatusIs(StatusCode::kAlreadyExists, HasSubstr((dir / "key").native())));
  EXPECT_EQ(ReadText(dir / "key"), "first");
  EXPECT_EQ(CountFiles(dir.path()), 1U);
  fs::create_symlink(dir / "nowhere", dir / "link");
  EXPECT_THAT(CreatePrivateFile(dir / "link", "second"),
              StatusIs(StatusCode::kAlreadyExists));
}

TEST(CreatePrivateFile, TellsAMissingDirectory) {
  const TempDir dir;
  EXPECT_THAT(CreatePrivateFile(dir / "missing/key", "text"),
              StatusIs(StatusCode::kNotFound));
}

TEST(CreatePrivateFile, LetsOneOfManyThreadsWin) {
  const TempDir dir;
  const fs::path path = dir / "key";
  std::atomic<int> winner{-1};
  std::atomic<int> winners{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      if (CreatePrivateFile(path, std::to_string(i)).ok()) {
        ++winners;
        winner = i;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(ReadText(path), std::to_string(winner));
  EXPECT_EQ(CountFiles(dir.path()), 1U);
}

TEST(ReplacePrivateFile, PutsNewContentsInPlaceOfOld) {
  const TempDir dir;
  EXPECT_THAT(ReplacePrivateFile(dir / "key", "first"), IsOk());
  EXPECT_THAT(ReplacePrivateFile(dir / "key", "second"), IsOk());
  EXPECT_EQ(ModeOf(dir / "key"), 0600U);
  EXPECT_EQ(ReadText(dir / "key"), "second");
  EXPECT_EQ(CountFiles(dir.path()), 1U);
  EXPECT_THAT(ReplacePrivateFile(dir / "missing/key", "text"),
              StatusIs(StatusCode::kNotFound));
}

TEST(FileLock, NamesTheHolder) {
  const TempDir dir;
  const StatusOr<FileLock> lock = FileLock::Acquire(dir / "lock");
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(ModeOf(dir / "lock"), 0600U);
  EXPECT_THAT(
      FileLock::Acquire(dir / "lock"),
      StatusIs(StatusCode::kFailedPrecondition,
               AllOf(HasSubstr((dir / "lock").native()),
                     HasSubstr("process " + std::to_string(::getpid())))));
}

TEST(FileLock, EndsWithTheObject) {
  const TempDir dir;
  {
    const StatusOr<FileLock> lock = FileLock::Acquire(dir / "lock");
    ASSERT_THAT(lock, IsOk());
  }
  EXPECT_THAT(FileLock::Acquire(dir / "lock"), IsOk());
}

TEST(FileLock, CutsOffALongerOldProcessId) {
  const TempDir dir;
  WriteFile(dir / "lock", "12345678901234567890\n", 0600);
  const StatusOr<FileLock> lock = FileLock::Acquire(dir / "lock");
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(ReadText(dir / "lock"), std::to_string(::getpid()) + "\n");
}

TEST(FileLock, MovesToAnotherObject) {
  const TempDir dir;
  StatusOr<FileLock> a = FileLock::Acquire(dir / "a");
  StatusOr<FileLock> b = FileLock::Acquire(dir / "b");
  ASSERT_THAT(a, IsOk());
  ASSERT_THAT(b, IsOk());
  FileLock held = *std::move(a);
  EXPECT_THAT(FileLock::Acquire(dir / "a"), Not(IsOk()));
  held = *std::move(b);
  EXPECT_THAT(FileLock::Acquire(dir / "a"), IsOk());
  EXPECT_THAT(FileLock::Acquire(dir / "b"), Not(IsOk()));
}

TEST(FileLock, DoesNotFollowALink) {
  const TempDir dir;
  WriteFile(dir / "precious", "text", 0600);
  fs::create_symlink(dir / "precious", dir / "lock");
  EXPECT_THAT(FileLock::Acquire(dir / "lock"), Not(IsOk()));
  EXPECT_EQ(ReadText(dir / "precious"), "text");
}

// A process that holds the lock until it is killed.
class Holder {
 public:
  explicit Holder(const fs::path& path) {
    std::array<int, 2> ready{};
    PAWL_CHECK(::pipe(ready.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const StatusOr<FileLock> lock = FileLock::Acquire(path);
      const char answer = lock.ok() ? 'y' : 'n';
      (void)!::write(ready[1], &answer, 1);
      while (true) {
        ::pause();
      }
    }
    char answer = 0;
    holds_ = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { Kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  void Kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }
  }
  [[nodiscard]] bool holds() const { return holds_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  bool holds_ = false;
};

TEST(FileLock, EndsWithTheProcess) {
  const TempDir dir;
  Holder holder(dir / "lock");
  ASSERT_TRUE(holder.holds());
  EXPECT_THAT(FileLock::Acquire(dir / "lock"),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("process " + std::to_string(holder.pid()))));
  holder.Kill();
  EXPECT_THAT(FileLock::Acquire(dir / "lock"), IsOk());
}

}  // namespace
}  // namespace pawl
