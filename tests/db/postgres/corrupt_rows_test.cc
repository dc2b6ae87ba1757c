// A row that cannot be right is said to be so: DATA_LOSS, with its place.
#include "tests/support/corrupt_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/postgres/postgres_store.h"
#include "tests/support/postgres.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::CommitOfRowsToSpoil;
using ::pawl::testing::CorruptRow;
using ::pawl::testing::ExpectOneIsDataLoss;
using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kDataLoss = StatusCode::kDataLoss;

class CorruptRowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(store_->Commit(CommitOfRowsToSpoil()), IsOk());
    // Triggers and references are off.
    database_.Run("SET session_replication_role = replica");
  }

  // Spoils a row, looks, and puts the table back.
  template <typename Look>
  void WithSpoiled(const std::string& table, const std::string& sql,
                   const Look& look) {
    database_.Run("CREATE TEMP TABLE was AS TABLE " + table);
    database_.Run(sql);
    look();
    database_.Run("DELETE FROM " + table + "; INSERT INTO " + table +
                  " SELECT * FROM was; DROP TABLE was");
  }

  void ExpectDataLoss(const CorruptRow& row) {
    WithSpoiled(row.table, row.Sql("''", "'\\x00'"),
                [&] { ExpectOneIsDataLoss(*store_, row); });
  }

  testing::TestDatabase database_;
  const std::unique_ptr<Store> store_ =
      PostgresStore::Open(database_.Url()).value();
};

TEST_F(CorruptRowsTest, AreDataLoss) {
  for (const CorruptRow& row : testing::kCorruptRows) {
    ExpectDataLoss(row);
  }
  ExpectDataLoss({"token", "deleted = true", "enabled"});
}

TEST_F(CorruptRowsTest, OfADeviceAndItsAccountAreDataLoss) {
  struct Case {
    const char* table;
    const char* sql;
    const char* message;
  };
  const Case cases[] = {
      {"device", "UPDATE device SET kind = 0", "8000 of table device"},
      {"device", "UPDATE device SET account_id = 4999",
       "8000 of table device has an impossible account_id"},
      {"account", "UPDATE account SET policy = 0 WHERE id = 5001",
       "5001 of table account"},
  };
  ASSERT_THAT(store_->GetDevice({8000}), IsOk());
  for (const Case& c : cases) {
    WithSpoiled(c.table, c.sql, [&] {
      EXPECT_THAT(store_->GetDevice({8000}),
                  StatusIs(kDataLoss, HasSubstr(c.message)))
          << c.sql;
    });
  }
}

TEST_F(CorruptRowsTest, ADeviceWithAnIdThatNobodyCanTypeIsDataLoss) {
  database_.Run("UPDATE device SET id = 1099511627776");
  EXPECT_THAT(
      store_->ListDevices({}),
      StatusIs(kDataLoss, HasSubstr("1099511627776 of table device has an"
                                    " impossible id")));
}

TEST_F(CorruptRowsTest, ACorruptServerSecretIsDataLoss) {
  ASSERT_THAT(store_->PutServerSecret("pepper", "sealed"), IsOk());
  database_.Run("UPDATE server_secret SET sealed = ''");
  EXPECT_THAT(store_->GetServerSecret("pepper"),
              StatusIs(kDataLoss, HasSubstr("pepper")));
}

}  // namespace
}  // namespace pawl::db
