// A disk that fails anywhere: no half commits, no OK that a power cut takes
// back, and no store that stays broken once the disk is well.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sqlite/sqlite_store.h"
#include "tests/db/sqlite/fault_vfs.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::db {
namespace {

namespace fs = std::filesystem;

using ::pawl::testing::FaultVfs;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::testing::AnyOf;
using ::testing::IsEmpty;

constexpr TokenId kToken{6000};
constexpr auto kUnavailable = StatusCode::kUnavailable;

// A commit that touches several pages: one step of the token, and an audit
// entry with that position.
Commit StepOf(const TokenRecord& token) {
  const TokenRecord next =
      Apply(token, {.advance_to = *token.position + 1}, kSampleTime).value();
  Commit commit = ReplacementOf(token, next);
  commit.audit.position = next.position;
  commit.audit.token = kToken;
  commit.audit.service = std::string(3000, 's');
  return commit;
}

// The token's position, after a look at its audit: each step has left exactly
// one entry.
Position CheckedPosition(Store& store) {
  const TokenRecord token = store.GetToken(kToken).value();
  const std::vector<AuditEntry> audit =
      store.ListAudit({.token = kToken, .limit = Store::kMaxPage}).value();
  EXPECT_EQ(audit.size() + 1, token.version);
  EXPECT_EQ(audit.empty() ? SampleToken(6000).position : audit.front().position,
            token.position);
  return *token.position;
}

class SqliteFaultsTest : public ::testing::Test {
 protected:
  SqliteFaultsTest() {
    PAWL_CHECK(store_->Commit(InsertOf(SampleToken(6000))).ok());
  }

  // What a machine finds that loses power now, on a disk that keeps only what
  // was synced and what happens to be written.
  Position PositionAfterPowerCut() {
    const testing::TempDir other;
    for (const char* name : {"pawl.db", "pawl.db-wal"}) {
      fs::copy_file(dir_ / name, other / name);
    }
    const auto store = SqliteStore::Open(other / "pawl.db").value();
    return CheckedPosition(*store);
  }

  FaultVfs disk_;
  testing::TempDir dir_;
  std::unique_ptr<Store> store_ = SqliteStore::Open(dir_ / "pawl.db").value();
};

TEST_F(SqliteFaultsTest, EveryCommitIsSyncedBeforeItIsOk) {
  // Enough for a checkpoint, which goes on beside.
  for (int i = 0; i < 1000; ++i) {
    const int syncs = disk_.syncs();
    const TokenRecord token = store_->GetToken(kToken).value();
    ASSERT_THAT(store_->Commit(StepOf(token)), IsOk());
    ASSERT_GT(disk_.syncs(), syncs) << i;
    ASSERT_THAT(disk_.UnsyncedLogs(), IsEmpty()) << i;
  }
  EXPECT_EQ(disk_.lost_logs(), 0);
  EXPECT_EQ(PositionAfterPowerCut(), 2000U);
  const int syncs = disk_.syncs();
  EXPECT_THAT(store_->Tend(kSampleTime), IsOk());
  EXPECT_GT(disk_.syncs(), syncs);
  EXPECT_THAT(store_->PutServerSecret("pepper", "sealed"), IsOk());
  EXPECT_THAT(disk_.UnsyncedLogs(), IsEmpty());
}

struct Fault {
  const char* name;
  int result;
  int bad;  // how many operations fail in a row
};

class SqliteFaultsSweep : public SqliteFaultsTest,
                          public ::testing::WithParamInterface<Fault> {};

// Breaks the first operation of a commit, then only the second, and so on to
// a commit that has none left to break.
TEST_P(SqliteFaultsSweep, ACommitIsWholeOrNotThereWhereverTheDiskFails) {
  int broken_commits = 0;
  for (int good = 0;; ++good) {
    const Position before = CheckedPosition(*store_);
    const TokenRecord token = store_->GetToken(kToken).value();
    disk_.Fail(good, GetParam().bad, GetParam().result);
    const Status result = store_->Commit(StepOf(token));
    const bool touched = disk_.failed() > 0;
    disk_.Heal();

    const Position after = CheckedPosition(*store_);
    const Position on_disk = PositionAfterPowerCut();
    if (result.ok()) {
      EXPECT_EQ(after, before + 1) << good;
      EXPECT_EQ(on_disk, before + 1) << good;
    } else {
      EXPECT_THAT(result, StatusIs(kUnavailable)) << good;
      EXPECT_TRUE(touched) << good;
      EXPECT_THAT(after, AnyOf(before, before + 1)) << good;
      EXPECT_THAT(on_disk, AnyOf(before, before + 1)) << good;
      ++broken_commits;
    }
    if (!touched) {
      break;
    }
    // The disk is well: so is the store.
    ASSERT_THAT(store_->Commit(StepOf(store_->GetToken(kToken).value())),
                IsOk())
        << good;
    EXPECT_EQ(CheckedPosition(*store_), after + 1) << good;
  }
  EXPECT_GE(broken_commits, 3);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, SqliteFaultsSweep,
    ::testing::Values(Fault{"Full", SQLITE_FULL, 1},
                      Fault{"FullForGood", SQLITE_FULL, 1000},
                      Fault{"WriteError", SQLITE_IOERR_WRITE, 1},
                      Fault{"SyncError", SQLITE_IOERR_FSYNC, 1},
                      Fault{"Gone", SQLITE_IOERR_WRITE, 1000},
                      Fault{"ReadOnly", SQLITE_READONLY, 1000},
                      Fault{"NoMemory", SQLITE_IOERR_NOMEM, 1}),
    [](const auto& fault) { return std::string(fault.param.name); });

TEST_F(SqliteFaultsTest, TendTellsThatTheDiskIsReadOnly) {
  disk_.Fail(0, 1000, SQLITE_READONLY);
  EXPECT_THAT(store_->Tend(kSampleTime), StatusIs(kUnavailable));
  disk_.Heal();
  EXPECT_THAT(store_->Tend(kSampleTime), IsOk());
}

TEST_F(SqliteFaultsTest, AStoreThatCannotBeCreatedIsUnavailable) {
  for (int good = 0;; ++good) {
    const testing::TempDir other;
    disk_.Fail(good, 1000, SQLITE_FULL);
    const Status opened = SqliteStore::Open(other / "pawl.db").status();
    const bool touched = disk_.failed() > 0;
    disk_.Heal();
    // And what it leaves can be finished.
    ASSERT_THAT(SqliteStore::Open(other / "pawl.db"), IsOk()) << good;
    if (!touched) {
      ASSERT_THAT(opened, IsOk());
      break;
    }
    if (!opened.ok()) {
      ASSERT_THAT(opened, StatusIs(kUnavailable)) << good;
    }
  }
}

}  // namespace
}  // namespace pawl::db
