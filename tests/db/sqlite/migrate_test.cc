#include "db/sqlite/migrate.h"

#include <unistd.h>

#include <cstdio>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/file.h"
#include "db/sqlite/migrations.h"
#include "db/sqlite/sqlite_store.h"
#include "tests/support/schema_one.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::db::sqlite {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;

constexpr Migration kSteps[] = {
    {1, "0001_a", "CREATE TABLE a (n INTEGER); INSERT INTO a VALUES (1)"},
    {2, "0002_b", "CREATE TABLE b (n INTEGER); UPDATE a SET n = n * 2"},
    {3, "0003_c", "CREATE TABLE c (n INTEGER); UPDATE a SET n = n + 1"},
};
constexpr auto kFailedPrecondition = StatusCode::kFailedPrecondition;

// Rows as the first schema had them; tests/support/schema_one.h has the same.
constexpr std::string_view kRowsOfSchemaOne = R"(
INSERT INTO account (id, version, pin_mac, enabled, failures, last_failure,
                     created, modified, login)
VALUES (5000, 3, CAST('pppppppppppppppppppppppppppppppp' AS BLOB), 0, 2, 21,
        22, 23, 'kim');
UPDATE account SET version = 2, failures = 1, last_failure = 24 WHERE id = 7;
INSERT INTO token (id, version, position, kind, deleted, enabled, label, hash,
                   digits, period, t0, window_steps, drift, failures,
                   last_failure, sealed_secret, created, modified, last_used,
                   account_id, public_id, fingerprint)
VALUES (6000, 9, 1234, 3, 0, 1, 'grey', 2, 8, 60, -7, 3, -2, 4, 31,
        CAST('sealed' AS BLOB), 32, 33, 34, 5000, 'ubnu',
        CAST('ffffffffffffffff' AS BLOB)),
       (6001, 2, 77, 1, 1, 0, '', 1, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, NULL,
        NULL, NULL, CAST('gggggggggggggggg' AS BLOB));
INSERT INTO client (id, version, key_mac, roles, see_reasons, created,
                    modified, name)
VALUES (7000, 1, CAST('cccccccccccccccccccccccccccccccc' AS BLOB), 5, 1, 41,
        42, 'webmail');
INSERT INTO attempt (key, binding, reason, account_id, token_id, hints,
                     created, expires)
VALUES (CAST('kkkkkkkkkkkkkkkk' AS BLOB), CAST('bbbbbbbbbbbbbbbb' AS BLOB), 4,
        5000, NULL, 4, 51, 52);
INSERT INTO audit (at, event, reason, caller, account_id, token_id, client_id,
                   position, hints, service, client_address)
VALUES (61, 10, NULL, 'local', 5000, NULL, NULL, NULL, 0, '', ''),
       (62, 1, 1, 'cli_1', 5000, 6000, 7000, 1234, 2, 'imap', '192.0.2.1');
INSERT INTO server_secret (name, sealed)
VALUES ('pepper', CAST('sealed pepper' AS BLOB));
)";

class MigrateTest : public ::testing::Test {
 protected:
  MigrateTest() { PAWL_CHECK(CreatePrivateFile(path_, "").ok()); }

  std::unique_ptr<Connection> Open() { return Connection::Open(path_).value(); }
  Status Run(const std::string& sql) { return Open()->Execute(sql); }
  StatusOr<int64_t> Query(std::string_view sql) {
    return Open()->QueryInt(sql);
  }

  testing::TempDir dir_;
  const std::filesystem::path path_ = dir_ / "pawl.db";
};

TEST_F(MigrateTest, EmbeddedMigrationsAreNumberedWithoutGaps) {
  int number = 0;
  for (const Migration& migration : SqliteMigrations()) {
    EXPECT_EQ(migration.number, ++number);
    EXPECT_EQ(migration.name.find('_'), 4U) << migration.name;
  }
  EXPECT_GE(number, 1);
}

TEST_F(MigrateTest, AppliesWhatIsMissingFromEveryVersion) {
  for (size_t start = 0; start <= std::size(kSteps); ++start) {
    const auto file = dir_ / ("from" + std::to_string(start));
    ASSERT_THAT(CreatePrivateFile(file, ""), IsOk());
    const auto connection = Connection::Open(file).value();
    if (start > 0) {
      ASSERT_THAT(Migrate(*connection, std::span(kSteps).first(start)), IsOk());
    }
    ASSERT_THAT(Migrate(*connection, kSteps), IsOk());
    EXPECT_THAT(connection->QueryInt("SELECT n FROM a"), IsOkAndHolds(3));
    EXPECT_THAT(connection->QueryInt("PRAGMA user_version"), IsOkAndHolds(3));
    EXPECT_THAT(connection->QueryInt("PRAGMA application_id"),
                IsOkAndHolds(kApplicationId));
    EXPECT_THAT(connection->QueryText("PRAGMA journal_mode"),
                IsOkAndHolds(Eq("wal")));
  }
}

TEST_F(MigrateTest, AFailedStepLeavesTheVersionBefore) {
  const Migration steps[] = {
      kSteps[0], {2, "0002_bad", "CREATE TABLE b (n); SELECT * FROM missing"}};
  EXPECT_THAT(Migrate(*Open(), steps),
              StatusIs(StatusCode::kInternal, HasSubstr("missing")));
  EXPECT_THAT(Query("PRAGMA user_version"), IsOkAndHolds(1));
  EXPECT_THAT(Query("SELECT count(*) FROM sqlite_schema"), IsOkAndHolds(1));
  EXPECT_THAT(Migrate(*Open(), kSteps), IsOk());
}

TEST_F(MigrateTest, RefusesNewerSchema) {
  ASSERT_THAT(Migrate(*Open(), kSteps), IsOk());
  EXPECT_THAT(Migrate(*Open(), std::span(kSteps).first(2)),
              StatusIs(kFailedPrecondition,
                       AllOf(HasSubstr("schema 3"), HasSubstr("up to 2"))));
  EXPECT_THAT(Query("PRAGMA user_version"), IsOkAndHolds(3));
}

TEST_F(MigrateTest, RefusesFilesOfOtherPrograms) {
  const char* const foreign[] = {
      "PRAGMA application_id = 252006674", "CREATE TABLE theirs (n INTEGER)",
      "PRAGMA application_id = 1; CREATE TABLE t (n)"};
  for (const char* const& sql : foreign) {
    const auto file = dir_ / ("foreign" + std::to_string(&sql - foreign));
    ASSERT_THAT(CreatePrivateFile(file, ""), IsOk());
    const auto connection = Connection::Open(file).value();
    ASSERT_THAT(connection->Execute(sql), IsOk());
    EXPECT_THAT(Migrate(*connection, kSteps),
                StatusIs(kFailedPrecondition, HasSubstr("application_id")))
        << sql;
    // And leaves them as they were.
    EXPECT_THAT(connection->QueryText("PRAGMA journal_mode"),
                IsOkAndHolds(Eq("delete")));
    EXPECT_THAT(connection->QueryInt("PRAGMA user_version"), IsOkAndHolds(0));
  }
}

TEST_F(MigrateTest, WaitsNotForEverForALockedFile) {
  const auto other = Open();
  ASSERT_THAT(other->Execute("BEGIN EXCLUSIVE"), IsOk());
  EXPECT_THAT(Migrate(*Open(), kSteps), StatusIs(StatusCode::kUnavailable));
}

// What was in it stays, and what is new has the values that change nothing.
TEST_F(MigrateTest, FromSchemaOneNothingIsLost) {
  ASSERT_THAT(Migrate(*Open(), SqliteMigrations().first(1)), IsOk());
  ASSERT_THAT(Run(std::string(kRowsOfSchemaOne)), IsOk());
  for (int time = 0; time < 2; ++time) {
    const std::unique_ptr<Store> store = SqliteStore::Open(path_).value();
    testing::ExpectSchemaOne(*store);
    EXPECT_THAT(Query("PRAGMA user_version"),
                IsOkAndHolds(SqliteMigrations().back().number));
  }
  testing::ExpectSchemaOneGoesOn(*SqliteStore::Open(path_).value());
}

// Adding columns takes nothing away from what guards the rows.
TEST_F(MigrateTest, AnUpgradeKeepsTheTriggers) {
  ASSERT_THAT(Migrate(*Open(), SqliteMigrations().first(1)), IsOk());
  ASSERT_THAT(Run(std::string(kRowsOfSchemaOne)), IsOk());
  ASSERT_THAT(SqliteStore::Open(path_), IsOk());
  for (const char* sql :
       {"UPDATE token SET position = 1", "DELETE FROM token WHERE id = 6001",
        "UPDATE audit SET count = 2", "DELETE FROM audit"}) {
    EXPECT_THAT(Run(sql), StatusIs(StatusCode::kInternal)) << sql;
  }
}

// Starts many processes at once on a new file, or an old one; each must end
// well.
TEST_F(MigrateTest, ManyProcessesMayStartAtOnce) {
  for (int round = 0; round < 6; ++round) {
    const auto file = dir_ / ("round" + std::to_string(round));
    if (round % 2 == 1) {
      ASSERT_THAT(CreatePrivateFile(file, ""), IsOk());
      ASSERT_THAT(
          Migrate(*Connection::Open(file).value(), SqliteMigrations().first(1)),
          IsOk());
    }
    std::vector<pid_t> children(8);
    for (pid_t& child : children) {
      child = ::fork();
      if (child == 0) {
        const Status opened = SqliteStore::Open(file).status();
        // The parent cannot see why.
        std::fputs(opened.ok() ? "" : pawl::ToString(opened).c_str(), stderr);
        ::_exit(opened.ok() ? 0 : 1);
      }
    }
    for (const pid_t child : children) {
      int status = -1;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    const auto connection = Connection::Open(file).value();
    EXPECT_THAT(connection->QueryInt("SELECT count(*) FROM account"),
                IsOkAndHolds(Store::kStrangers));
  }
}

}  // namespace
}  // namespace pawl::db::sqlite
