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
#include "tests/support/schema_one.h"
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

// Rows as the first schema had them; tests/support/schema_one.h has the same.
constexpr std::string_view kRowsOfSchemaOne = R"(
INSERT INTO account (id, version, pin_mac, enabled, failures, last_failure,
                     created, modified, login)
VALUES (5000, 3, 'pppppppppppppppppppppppppppppppp', false, 2, 21,
        22, 23, 'kim');
UPDATE account SET version = 2, failures = 1, last_failure = 24 WHERE id = 7;
INSERT INTO token (id, version, position, kind, deleted, enabled, label, hash,
                   digits, period, t0, window_steps, drift, failures,
                   last_failure, sealed_secret, created, modified, last_used,
                   account_id, public_id, fingerprint)
VALUES (6000, 9, 1234, 3, false, true, 'grey', 2, 8, 60, -7, 3, -2, 4, 31,
        'sealed', 32, 33, 34, 5000, 'ubnu',
        'ffffffffffffffff'),
       (6001, 2, 77, 1, true, false, '', 1, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, NULL,
        NULL, NULL, 'gggggggggggggggg');
INSERT INTO client (id, version, key_mac, roles, see_reasons, created,
                    modified, name)
VALUES (7000, 1, 'cccccccccccccccccccccccccccccccc', 5, true, 41,
        42, 'webmail');
INSERT INTO attempt (key, binding, reason, account_id, token_id, hints,
                     created, expires)
VALUES ('kkkkkkkkkkkkkkkk', 'bbbbbbbbbbbbbbbb', 4,
        5000, NULL, 4, 51, 52);
INSERT INTO audit (at, event, reason, caller, account_id, token_id, client_id,
                   position, hints, service, client_address)
VALUES (61, 10, NULL, 'local', 5000, NULL, NULL, NULL, 0, '', ''),
       (62, 1, 1, 'cli_1', 5000, 6000, 7000, 1234, 2, 'imap', '192.0.2.1');
INSERT INTO server_secret (name, sealed)
VALUES ('pepper', 'sealed pepper');
)";

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
  database_.Run("UPDATE pawl_schema SET number = 99 WHERE number = 3");
  ASSERT_THAT(PostgresStore::Open(database_.Url()),
              StatusIs(kFailedPrecondition, HasSubstr("schema 99")));
  EXPECT_EQ(database_.Run("SELECT max(number) FROM pawl_schema"), "99");
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

// What was in it stays, and what is new has the values that change nothing.
TEST_F(MigrateTest, FromSchemaOneNothingIsLost) {
  ASSERT_THAT(MigrateTo(PostgresMigrations().first(1)), IsOk());
  database_.Run(std::string(kRowsOfSchemaOne));
  for (int time = 0; time < 2; ++time) {
    const std::unique_ptr<Store> store =
        PostgresStore::Open(database_.Url()).value();
    testing::ExpectSchemaOne(*store);
    EXPECT_EQ(database_.Run("SELECT max(number) FROM pawl_schema"),
              std::to_string(PostgresMigrations().back().number));
  }
  testing::ExpectSchemaOneGoesOn(*PostgresStore::Open(database_.Url()).value());
}

class ManyServers : public MigrateTest,
                    public ::testing::WithParamInterface<size_t> {};

TEST_P(ManyServers, MayStartAtOnce) {
  constexpr int kServers = 6;
  if (GetParam() > 0) {
    ASSERT_THAT(MigrateTo(PostgresMigrations().first(GetParam())), IsOk());
  }
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
  EXPECT_EQ(database_.Run("SELECT count(*) FROM pawl_schema"),
            std::to_string(PostgresMigrations().size()));
  EXPECT_EQ(database_.Run("SELECT count(*) FROM account"),
            std::to_string(Store::kStrangers));
}

INSTANTIATE_TEST_SUITE_P(OnANewDatabaseAndAnOldOne, ManyServers,
                         ::testing::Values(0, 1));

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
