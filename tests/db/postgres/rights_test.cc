// The rights that docs/postgresql.md tells to give are enough, and few.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/postgres/postgres_store.h"
#include "tests/support/postgres.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::Edited;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::Moved;
using ::pawl::testing::RemovalOf;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleAttempt;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleClient;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TestDatabase;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kAborted = StatusCode::kAborted;

void GrantRights(TestDatabase& database) {
  const char* vectors = std::getenv("PAWL_TEST_VECTORS");
  ASSERT_NE(vectors, nullptr);
  std::ifstream file(std::string(vectors) +
                     "/../../docs/examples/postgresql-grants.sql");
  std::stringstream sql;
  sql << file.rdbuf();
  ASSERT_THAT(sql.str(), HasSubstr("GRANT"));
  database.Run(
      "DROP ROLE IF EXISTS pawl_server;"
      "CREATE ROLE pawl_server LOGIN PASSWORD 'server';"
      "GRANT USAGE ON SCHEMA " +
      database.schema() + " TO pawl_server");
  database.Run(sql.str());
}

class RightsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // The owner makes the tables.
    ASSERT_THAT(PostgresStore::Open(database_.Url()), IsOk());
    GrantRights(database_);
    store_ =
        PostgresStore::Open(database_.Url("&user=pawl_server&password=server"))
            .value();
  }

  TestDatabase database_;
  std::unique_ptr<Store> store_;
};

TEST_F(RightsTest, AreEnoughForChecksAndTheirAccounts) {
  const TokenRecord token = SampleToken(6000, {5000});
  Commit create = InsertOf(token);
  create.accounts.push_back({.after = SampleAccount(5000)});
  create.clients.push_back({.after = SampleClient(7000)});
  ASSERT_THAT(store_->Commit(create), IsOk());
  const TokenRecord used = Moved(token, 2000);
  Commit check = ReplacementOf(token, used);
  check.attempt = SampleAttempt(1);
  check.account_guards.push_back({{5000}, 1});
  ASSERT_THAT(store_->Commit(check), IsOk());
  EXPECT_THAT(store_->Commit(check), StatusIs(kAborted));
  Commit remove = RemovalOf(SampleAccount(5000));
  remove.tokens.push_back(
      {.before = used, .after = Apply(used, {.erase = true}, {}).value()});
  remove.clients.push_back({.before = SampleClient(7000)});
  EXPECT_THAT(store_->Commit(remove), IsOk());
  EXPECT_THAT(store_->PutServerSecret("pepper", "sealed"), IsOk());
  EXPECT_THAT(store_->GetServerSecret("pepper"), IsOk());
  EXPECT_THAT(store_->ListAudit({}).value(), SizeIs(3));
}

TEST_F(RightsTest, AreEnoughForDevicesAndBudgets) {
  const DeviceRecord device = SampleDevice(8000, {5000});
  const BudgetRecord budget = SampleBudget(9000);
  Commit create = InsertOf(SampleAccount(5000));
  create.devices = {{.after = device}};
  create.budgets = {{.after = budget}};
  ASSERT_THAT(store_->Commit(create), IsOk());
  const DeviceRecord used = Edited(device, [](DeviceRecord&) {});
  const BudgetRecord failed = Edited(budget, [](BudgetRecord&) {});
  Commit change = ReplacementOf(device, used);
  change.budgets = {{.before = budget, .after = failed}};
  change.device_guards = {{device.id, 1}};
  EXPECT_THAT(store_->Commit(change), IsOk());
  EXPECT_THAT(store_->GetDevice(device.id), IsOk());
  EXPECT_THAT(store_->ListDevices({}).value(), SizeIs(1));
  EXPECT_THAT(store_->ListBudgets({5000}).value(), SizeIs(1));
  Commit remove = RemovalOf(SampleAccount(5000));
  remove.devices = {{.before = used}};
  remove.budgets = {{.before = failed}};
  EXPECT_THAT(store_->Commit(remove), IsOk());
}

TEST_F(RightsTest, AreEnoughToSweep) {
  DeviceRecord session = SampleDevice(8000, {5000});
  session.kind = DeviceKind::kSession;
  Commit commit = InsertOf(SampleAccount(5000));
  commit.devices = {{.after = session}};
  commit.budgets = {{.after = SampleBudget(9000)}};
  commit.attempt = SampleAttempt(1);
  ASSERT_THAT(store_->Commit(commit), IsOk());
  const std::string count =
      "SELECT (SELECT count(*) FROM attempt) +"
      " (SELECT count(*) FROM device) + (SELECT count(*) FROM budget)";
  EXPECT_EQ(database_.Run(count), "3");
  EXPECT_THAT(store_->Tend(kSampleTime + Millis(1'000'000)), IsOk());
  EXPECT_EQ(database_.Run(count), "0");
}

TEST_F(RightsTest, AreFew) {
  ASSERT_THAT(store_->Commit(InsertOf(SampleToken(6000))), IsOk());
  database_.Run("SET ROLE pawl_server");
  const char* const forbidden[] = {
      "UPDATE audit SET hints = 0",
      "DELETE FROM audit",
      "TRUNCATE audit",
      "DELETE FROM token",
      "DELETE FROM server_secret",
      "UPDATE server_secret SET sealed = ''",
      "DROP TABLE audit",
      "ALTER TABLE audit ADD COLUMN x integer",
      "DROP TRIGGER audit_stays ON audit",
      "CREATE TABLE x (n integer)",
      "TRUNCATE device",
      "TRUNCATE budget",
      "INSERT INTO pawl_schema (number) VALUES (9)"};
  for (const char* sql : forbidden) {
    database_.Run("BEGIN");
    EXPECT_THAT(database_.Run(std::string("DO $$ BEGIN ") + sql +
                              "; EXCEPTION WHEN insufficient_privilege THEN"
                              " PERFORM set_config('pawl.refused', 'yes',"
                              " true); END $$;"
                              "SELECT current_setting('pawl.refused', true)"),
                "yes")
        << sql;
    database_.Run("ROLLBACK");
  }
  database_.Run("RESET ROLE");
}

}  // namespace
}  // namespace pawl::db
