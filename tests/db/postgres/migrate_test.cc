#include "db/postgres/migrate.h"

#include <latch>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/postgres/conninfo.h"
#include "db/postgres/migrations.h"
#include "db/postgres/postgres_store.h"
#include "tests/support/postgres.h"
#include "tests/support/status_matchers.h"

namespace pawl::db::postgres {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TestDatabase;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Migration kSteps[] = {
    {1, "0001_a", "CREATE TABLE a (n integer); INSERT INTO a VALUES (1)"},
    {2, "0002_b", "CREATE TABLE b (n integer); UPDATE a SET n = n * 2"},
    {3, "0003_c", "CREATE TABLE c (n integer); UPDATE a SET n = n + 1"},
};
constexpr auto kFailedPrecondition = StatusCode::kFailedPrecondition;

class MigrateTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Connection> Open(const TestDatabase& database,
                                          Watchdog& watchdog) {
    return Connection::Open(Conninfo(database.Url()).value(), {}, watchdog)
        .value();
  }
  Status MigrateTo(std::span<const Migration> migrations) {
    return Migrate(*Open(database_, watchdog_), migrations);
  }

  Watchdog watchdog_;
  TestDatabase database_;
};

TEST_F(MigrateTest, EmbeddedMigrationsAreNumberedWithoutGaps) {
  int number = 0;
  for (const Migration& migration : PostgresMigrations()) {
    EXPECT_EQ(migration.number, ++number);
    EXPECT_EQ(migration.name.find('_'), 4U) << migration.name;
  }
  EXPECT_GE(number, 1);
}

TEST_F(MigrateTest, AppliesWhatIsMissingFromEveryVersion) {
  for (size_t start = 0; start <= std::size(kSteps); ++start) {
    TestDatabase database;
    const auto connection = Open(database, watchdog_);
    if (start > 0) {
      ASSERT_THAT(Migrate(*connection, std::span(kSteps).first(start)), IsOk());
    }
    ASSERT_THAT(Migrate(*connection, kSteps), IsOk());
    EXPECT_EQ(database.Run("SELECT n FROM a"), "3");
    EXPECT_EQ(database.Run("SELECT max(number) FROM pawl_schema"), "3");
  }
}

TEST_F(MigrateTest, AFailedStepLeavesTheVersionBefore) {
  const Migration steps[] = {
      kSteps[0],
      {2, "0002_bad", "CREATE TABLE b (n integer); SELECT * FROM x"}};
  EXPECT_THAT(MigrateTo(steps), StatusIs(kFailedPrecondition));
  EXPECT_EQ(database_.Run("SELECT max(number) FROM pawl_schema"), "1");
  EXPECT_THAT(MigrateTo(kSteps), IsOk());
}

TEST_F(MigrateTest, RefusesNewerSchema) {
  ASSERT_THAT(MigrateTo(kSteps), IsOk());
  EXPECT_THAT(MigrateTo(std::span(kSteps).first(2)),
              StatusIs(kFailedPrecondition,
                       AllOf(HasSubstr("schema 3"), HasSubstr("up to 2"))));
  ASSERT_THAT(PostgresStore::Open(database_.Url()),
              StatusIs(kFailedPrecondition, HasSubstr("schema 3")));
  EXPECT_EQ(database_.Run("SELECT max(number) FROM pawl_schema"), "3");
}

// Tables of somebody else, where ours should be, are left as they are.
TEST_F(MigrateTest, RefusesTablesOfOtherPrograms) {
  database_.Run("CREATE TABLE token (n integer)");
  EXPECT_THAT(PostgresStore::Open(database_.Url()),
              StatusIs(kFailedPrecondition));
  EXPECT_EQ(database_.Run("SELECT to_regclass('pawl_schema') IS NULL AND"
                          " to_regclass('account') IS NULL"),
            "t");
}

TEST_F(MigrateTest, ManyMayStartAtOnce) {
  constexpr int kServers = 6;
  std::latch start(kServers);
  std::vector<std::thread> servers;
  for (int i = 0; i < kServers; ++i) {
    servers.emplace_back([&] {
      start.arrive_and_wait();
      EXPECT_THAT(PostgresStore::Open(database_.Url()), IsOk());
    });
  }
  for (std::thread& server : servers) {
    server.join();
  }
  EXPECT_EQ(database_.Run("SELECT count(*) FROM pawl_schema"), "1");
  EXPECT_EQ(database_.Run("SELECT count(*) FROM account"),
            std::to_string(Store::kStrangers));
}

TEST_F(MigrateTest, ARoleWithoutTheRightSaysWhoHasIt) {
  database_.Run(
      "DROP ROLE IF EXISTS pawl_guest;"
      "CREATE ROLE pawl_guest LOGIN PASSWORD 'guest';"
      "GRANT USAGE ON SCHEMA " +
      database_.schema() + " TO pawl_guest");
  const std::string url = database_.Url("&user=pawl_guest&password=guest");
  EXPECT_THAT(PostgresStore::Open(url),
              StatusIs(kFailedPrecondition, HasSubstr("owner")));
  ASSERT_THAT(PostgresStore::Open(database_.Url()), IsOk());
  // An up to date schema that it may not even read.
  EXPECT_THAT(PostgresStore::Open(url),
              StatusIs(kFailedPrecondition, HasSubstr("rights")));
}

}  // namespace
}  // namespace pawl::db::postgres
