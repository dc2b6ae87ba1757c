// What only the SQLite engine can get wrong; tests/conformance has the rest.
#include "db/sqlite/sqlite_store.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/migrations.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::db {
namespace {

namespace fs = std::filesystem;

using ::pawl::testing::EmptyCommit;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kDataLoss = StatusCode::kDataLoss;
constexpr auto kFailedPrecondition = StatusCode::kFailedPrecondition;
constexpr auto kUnavailable = StatusCode::kUnavailable;

mode_t ModeOf(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  StatusOr<std::unique_ptr<Store>> Open() { return SqliteStore::Open(path_); }

  // A connection beside the store, bound by none of its rules.
  std::unique_ptr<sqlite::Connection> Raw() {
    return sqlite::Connection::Open(path_).value();
  }

  testing::TempDir dir_;
  const fs::path path_ = dir_ / "pawl.db";
};

TEST_F(SqliteStoreTest, FilesArePrivateWhateverTheUmask) {
  const mode_t old = ::umask(0);
  const std::unique_ptr<Store> store = Open().value();
  EXPECT_THAT(store->Commit(InsertOf(SampleAccount(5000))), IsOk());
  ::umask(old);
  for (const char* name : {"pawl.db", "pawl.db-wal", "pawl.db-shm"}) {
    EXPECT_EQ(ModeOf(dir_ / name), 0600U) << name;
  }
}

TEST_F(SqliteStoreTest, AFileOpenToOthersIsRefused) {
  ASSERT_THAT(Open(), IsOk());
  for (const mode_t mode : {0640U, 0604U, 0660U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    EXPECT_THAT(Open(), StatusIs(kFailedPrecondition, HasSubstr("chmod")));
  }
}

TEST_F(SqliteStoreTest, ADirectoryIsRefused) {
  fs::create_directory(path_);
  EXPECT_THAT(Open(), StatusIs(kFailedPrecondition));
}

TEST_F(SqliteStoreTest, NewerSchemaIsRefused) {
  ASSERT_THAT(Open(), IsOk());
  ASSERT_THAT(Raw()->Execute("PRAGMA user_version = 99"), IsOk());
  EXPECT_THAT(
      Open(),
      StatusIs(
          kFailedPrecondition,
          AllOf(HasSubstr("99"),
                HasSubstr("up to " +
                          std::to_string(SqliteMigrations().back().number)))));
}

TEST_F(SqliteStoreTest, GarbageIsDataLoss) {
  ASSERT_THAT(CreatePrivateFile(path_, std::string(100'000, 'x')), IsOk());
  EXPECT_THAT(Open(), StatusIs(kDataLoss));
}

TEST_F(SqliteStoreTest, DamagedPagesAreDataLoss) {
  {
    const std::unique_ptr<Store> store = Open().value();
    ASSERT_THAT(store->Commit(InsertOf(SampleAccount(5000))), IsOk());
  }
  {
    // All but the first page, which holds the header.
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(fs::file_size(path_) - 4096, '\xff');
  }
  const StatusOr<std::unique_ptr<Store>> store = Open();
  const Status status =
      store.ok() ? (*store)->FindAccount("login5000").status() : store.status();
  EXPECT_THAT(status, StatusIs(kDataLoss));
}

TEST_F(SqliteStoreTest, TriggersStopWhoWritesPastTheStore) {
  const std::unique_ptr<Store> store = Open().value();
  const TokenRecord token = SampleToken(6000);
  ASSERT_THAT(store->Commit(InsertOf(token)), IsOk());
  struct Case {
    const char* sql;
    const char* message;
  };
  const Case cases[] = {
      {"UPDATE token SET position = position - 1", "only moves forward"},
      {"UPDATE token SET position = NULL", "only moves forward"},
      {"UPDATE token SET id = 6001, position = 0", "only moves forward"},
      {"DELETE FROM token", "never removed"},
      {"UPDATE audit SET caller = 'somebody else'", "never changed"},
      {"DELETE FROM audit", "never removed"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Raw()->Execute(c.sql),
                StatusIs(StatusCode::kInternal, HasSubstr(c.message)))
        << c.sql;
  }
  EXPECT_THAT(store->GetToken(token.id), IsOkAndHolds(token));
  EXPECT_EQ(store->ListAudit({}).value().size(), 1U);
  EXPECT_THAT(Raw()->Execute("UPDATE token SET position = position + 1"),
              IsOk());
}

TEST_F(SqliteStoreTest, ADatabaseLockedByAnotherIsUnavailable) {
  const std::unique_ptr<Store> store = Open().value();
  const TokenRecord token = SampleToken(6000);
  ASSERT_THAT(store->Commit(InsertOf(token)), IsOk());
  const Commit commit = ReplacementOf(
      token, Apply(token, {.advance_to = 2000}, kSampleTime).value());
  for (const char* lock : {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"}) {
    const auto raw = Raw();
    ASSERT_THAT(raw->Execute(lock), IsOk());
    EXPECT_THAT(store->Commit(commit), StatusIs(kUnavailable)) << lock;
    EXPECT_THAT(store->GetToken(token.id), IsOkAndHolds(token));
    EXPECT_EQ(store->ListAudit({}).value().size(), 1U);
  }
  EXPECT_THAT(store->Commit(commit), IsOk());
}

TEST_F(SqliteStoreTest, NoCallLeavesAReaderBehind) {
  const std::unique_ptr<Store> store = Open().value();
  const TokenRecord token = SampleToken(6000);
  Commit commit = InsertOf(token);
  commit.token_guards.push_back({{6001}, 1});
  EXPECT_THAT(store->Commit(commit), StatusIs(StatusCode::kAborted));
  EXPECT_THAT(store->Commit(InsertOf(token)), IsOk());
  EXPECT_THAT(store->Commit(InsertOf(token)),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(store->GetToken(token.id), IsOk());
  EXPECT_THAT(store->FindAccount("nobody"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(store->ListTokens({.limit = 1}), IsOk());
  EXPECT_THAT(store->ListAudit({.limit = 1}), IsOk());
  // Answers 1 instead of 0 while anybody reads or writes.
  EXPECT_THAT(Raw()->QueryInt("PRAGMA wal_checkpoint(TRUNCATE)"),
              IsOkAndHolds(0));
}

TEST_F(SqliteStoreTest, TheLogBeginsAnewWhileCommitsGoOn) {
  constexpr size_t kAccounts = 2000;
  constexpr size_t kLeastBytes = 100;  // of an account in the log
  const std::unique_ptr<Store> store = Open().value();
  std::vector<AccountRecord> accounts;
  for (size_t i = 0; i < kAccounts; ++i) {
    accounts.push_back(SampleAccount(5000 + i));
    ASSERT_THAT(store->Commit(InsertOf(accounts.back())), IsOk());
  }
  const auto change_all = [&] {
    Commit commit = EmptyCommit();
    for (AccountRecord& account : accounts) {
      const AccountRecord before = account;
      account = Apply(before, {.throttle = ThrottleState{.failures = 1}},
                      kSampleTime);
      commit.accounts.push_back({.before = before, .after = account});
    }
    return store->Commit(commit);
  };
  const fs::path log = path_.string() + "-wal";
  size_t written = 0;
  for (int i = 0; i < 1000 && written <= 3 * fs::file_size(log); ++i) {
    ASSERT_THAT(change_all(), IsOk());
    written += kAccounts * kLeastBytes;
  }
  EXPECT_GT(written, 3 * fs::file_size(log));
  EXPECT_THAT(store->GetAccount(accounts.back().id)->account,
              ::testing::Eq(accounts.back()));
}

TEST_F(SqliteStoreTest, AFileThatWasMovedAwayIsUnavailable) {
  const std::unique_ptr<Store> store = Open().value();
  ASSERT_THAT(store->Commit(InsertOf(SampleAccount(5000))), IsOk());
  fs::rename(path_, dir_ / "moved.db");
  EXPECT_THAT(store->Commit(InsertOf(SampleAccount(5001))),
              StatusIs(kUnavailable, HasSubstr("moved")));
  EXPECT_THAT(store->Tend(kSampleTime), StatusIs(kUnavailable));
  // Another file in its place, such as a restored backup, is no better.
  fs::copy_file(dir_ / "moved.db", path_);
  EXPECT_THAT(store->Commit(InsertOf(SampleAccount(5001))),
              StatusIs(kUnavailable));
  EXPECT_THAT(store->PutServerSecret("a", "b"), StatusIs(kUnavailable));
  fs::rename(dir_ / "moved.db", path_);
  EXPECT_THAT(store->Commit(InsertOf(SampleAccount(5001))), IsOk());
}

TEST_F(SqliteStoreTest, AFileThatMayNotGrowIsUnavailable) {
  const std::unique_ptr<Store> store = Open().value();
  ASSERT_THAT(store->Commit(InsertOf(SampleAccount(5000))), IsOk());
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{fs::file_size(dir_ / "pawl.db-wal"), old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status full = store->Commit(InsertOf(SampleAccount(5001)));
  const Status tend = store->Tend(kSampleTime);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  ::signal(SIGXFSZ, ignored);
  EXPECT_THAT(full, StatusIs(kUnavailable));
  EXPECT_THAT(tend, StatusIs(kUnavailable));
  EXPECT_THAT(store->GetAccount({5001}), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(store->Commit(InsertOf(SampleAccount(5001))), IsOk());
}

// Runs `body` as a user who is not root, who may write everywhere.
int RunAsNobody(const std::function<int()>& body) {
  constexpr uid_t kNobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) {
    const bool dropped =
        ::geteuid() != 0 || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0);
    ::_exit(dropped ? body() : 100);
  }
  int status = -1;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status)
             ? WEXITSTATUS(status)
             : -1;
}

TEST_F(SqliteStoreTest, AReadOnlyFileIsUnavailable) {
  constexpr uid_t kNobody = 65534;
  ASSERT_THAT(Open(), IsOk());
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(dir_.path().c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(::chown(path_.c_str(), kNobody, kNobody), 0);
  }
  const auto open = [&] { return static_cast<int>(Open().status().code()); };
  EXPECT_EQ(RunAsNobody(open), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0400), 0);
  EXPECT_EQ(RunAsNobody(open), static_cast<int>(kUnavailable));
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0500), 0);
  EXPECT_EQ(RunAsNobody(open), static_cast<int>(kUnavailable));
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0700), 0);
}

TEST_F(SqliteStoreTest, DeepListsUseTheirIndexes) {
  ASSERT_THAT(Open(), IsOk());
  struct Case {
    const char* sql;
    const char* plan;
  };
  const Case cases[] = {
      {"SELECT * FROM account WHERE login = ?", "USING INDEX"},
      {"SELECT * FROM account WHERE login > ? ORDER BY login LIMIT 9",
       "USING INDEX"},
      {"SELECT * FROM token WHERE account_id = ? ORDER BY id",
       "USING INDEX token_account"},
      {"SELECT * FROM token WHERE public_id = ?", "USING INDEX"},
      {"SELECT * FROM token WHERE fingerprint = ?", "USING INDEX"},
      {"SELECT * FROM audit WHERE sequence < ? AND account_id = ?"
       " ORDER BY sequence DESC LIMIT 9",
       "USING INTEGER PRIMARY KEY"},
      {"SELECT * FROM audit WHERE sequence < ? AND token_id = ?"
       " ORDER BY sequence DESC LIMIT 9",
       "USING INTEGER PRIMARY KEY"},
      {"SELECT key FROM attempt WHERE expires <= ? LIMIT 9",
       "USING COVERING INDEX attempt_expires"},
      {"SELECT id FROM budget WHERE expires <= ? LIMIT 9",
       "USING COVERING INDEX budget_expires"},
      // Passes over no device password that has expired.
      {"SELECT id FROM device WHERE expires <= ? AND kind <> 1 LIMIT 9",
       "USING INDEX device_expires"},
      {"SELECT * FROM device WHERE id > ? AND account_id = ? ORDER BY id"
       " LIMIT 9",
       "USING INDEX device_account"},
      {"SELECT * FROM device WHERE id > ? ORDER BY id LIMIT 9",
       "USING INTEGER PRIMARY KEY"},
      {"SELECT * FROM budget WHERE account_id = ? LIMIT 9",
       "USING INDEX budget_account"},
  };
  const auto raw = Raw();
  for (const Case& c : cases) {
    sqlite::Statement plan =
        raw->Prepare("EXPLAIN QUERY PLAN " + std::string(c.sql)).value();
    ASSERT_THAT(plan.Step(), IsOkAndHolds(true));
    EXPECT_THAT(std::string(*plan.TextAt(3)), HasSubstr(c.plan)) << c.sql;
    EXPECT_THAT(plan.Step(), IsOkAndHolds(false)) << "sorts: " << c.sql;
  }
}

}  // namespace
}  // namespace pawl::db
