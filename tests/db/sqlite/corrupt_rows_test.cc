// A row that cannot be right is said to be so: DATA_LOSS, with its place.
#include "tests/support/corrupt_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sqlite/connection.h"
#include "db/sqlite/sqlite_store.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::db {
namespace {

using ::pawl::testing::CommitOfRowsToSpoil;
using ::pawl::testing::CorruptRow;
using ::pawl::testing::ExpectOneIsDataLoss;
using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kDataLoss = StatusCode::kDataLoss;

// What no column of PostgreSQL can hold, or its checks let through.
constexpr CorruptRow kRows[] = {
    {"account", "version = 0", "version"},
    {"account", "enabled = 2", "enabled"},
    {"account", "device_passwords = 2", "device_passwords"},
    {"token", "kind = 99999999999", "kind"},
    {"token", "position = -5", "position"},
    {"token", "enabled = -1", "enabled"},
    {"token", "deleted = 1", "enabled"},
    {"token", "confirmed = 2", "confirmed"},
    {"client", "see_reasons = 7", "see_reasons"},
    {"device", "version = 0", "version"},
    {"device", "kind = 4294967297", "kind"},
    {"budget", "version = 0", "version"},
    {"budget", "cause = 4294967297", "cause"},
};

class CorruptRowsTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Store> Open(const testing::TempDir& dir) {
    return SqliteStore::Open(dir / "pawl.db").value();
  }
  // Past the store, and bound by nothing.
  static Status Spoil(const testing::TempDir& dir, const std::string& sql) {
    return sqlite::Connection::Open(dir / "pawl.db")
        .value()
        ->Execute(
            "PRAGMA ignore_check_constraints = ON;"
            "DROP TRIGGER token_moves_forward;"
            "DROP TRIGGER audit_is_never_changed;" +
            sql);
  }

  static void ExpectDataLoss(const CorruptRow& row) {
    const testing::TempDir dir;
    const std::unique_ptr<Store> store = Open(dir);
    ASSERT_THAT(store->Commit(CommitOfRowsToSpoil()), IsOk());
    ASSERT_THAT(Spoil(dir, row.Sql("x''", "x'00'")), IsOk()) << row.set;
    ExpectOneIsDataLoss(*store, row);
  }
};

TEST_F(CorruptRowsTest, AreDataLoss) {
  for (const CorruptRow& row : testing::kCorruptRows) {
    ExpectDataLoss(row);
  }
  for (const CorruptRow& row : kRows) {
    ExpectDataLoss(row);
  }
}

TEST_F(CorruptRowsTest, OfADeviceAndItsAccountAreDataLoss) {
  struct Case {
    const char* sql;
    const char* message;
  };
  const Case cases[] = {
      {"UPDATE device SET kind = 0", "8000 of table device"},
      {"UPDATE device SET account_id = 4999",
       "8000 of table device has an impossible account_id"},
      {"UPDATE account SET policy = 0 WHERE id = 5001",
       "5001 of table account"},
  };
  for (const Case& c : cases) {
    const testing::TempDir dir;
    const std::unique_ptr<Store> store = Open(dir);
    ASSERT_THAT(store->Commit(CommitOfRowsToSpoil()), IsOk());
    ASSERT_THAT(store->GetDevice({8000}), IsOk());
    ASSERT_THAT(Spoil(dir, c.sql), IsOk());
    EXPECT_THAT(store->GetDevice({8000}),
                StatusIs(kDataLoss, HasSubstr(c.message)))
        << c.sql;
  }
}

TEST_F(CorruptRowsTest, ADeviceWithAnIdThatNobodyCanTypeIsDataLoss) {
  const testing::TempDir dir;
  const std::unique_ptr<Store> store = Open(dir);
  ASSERT_THAT(store->Commit(CommitOfRowsToSpoil()), IsOk());
  ASSERT_THAT(Spoil(dir, "UPDATE device SET id = 1099511627776"), IsOk());
  EXPECT_THAT(
      store->ListDevices({}),
      StatusIs(kDataLoss, HasSubstr("1099511627776 of table device has an"
                                    " impossible id")));
}

TEST_F(CorruptRowsTest, ACorruptServerSecretIsDataLoss) {
  const testing::TempDir dir;
  const std::unique_ptr<Store> store = Open(dir);
  ASSERT_THAT(store->PutServerSecret("pepper", "sealed"), IsOk());
  ASSERT_THAT(Spoil(dir, "UPDATE server_secret SET sealed = x''"), IsOk());
  EXPECT_THAT(store->GetServerSecret("pepper"),
              StatusIs(kDataLoss, HasSubstr("pepper")));
}

}  // namespace
}  // namespace pawl::db
