#include "db/postgres/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/postgres/conninfo.h"
#include "tests/support/postgres.h"
#include "tests/support/status_matchers.h"

namespace pawl::db::postgres {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TestDatabase;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kUnavailable = StatusCode::kUnavailable;

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    database_.Run(
        "CREATE TABLE t (id bigint CONSTRAINT t_id_key PRIMARY KEY,"
        " n integer NOT NULL, b bytea,"
        " a_b integer CONSTRAINT t_a_b_key UNIQUE)");
    database_.Run("CREATE TABLE c (t bigint REFERENCES t (id))");
    database_.Run(
        "CREATE TABLE d (t bigint REFERENCES t (id) DEFERRABLE"
        " INITIALLY DEFERRED)");
  }

  StatusOr<std::unique_ptr<Connection>> Open(std::string_view more = {},
                                             const Patience& patience = {}) {
    return Connection::Open(Conninfo(database_.Url(more)).value(), patience,
                            watchdog_);
  }
  static std::string Show(Connection& connection, const std::string& setting) {
    const Result result = connection.Run("SHOW " + setting).value();
    return std::string(result.At(0).RawAt(0));
  }

  Watchdog watchdog_;
  TestDatabase database_;
};

TEST_F(ConnectionTest, ValuesRoundTrip) {
  using std::string_literals::operator""s;
  const auto connection = Open().value();
  for (const std::string& bytes : {""s, "\0"s, "a\0'\\\"{},"s, "\xff\xfe"s}) {
    Params params;
    params.Int(-5).Blob(bytes).Null();
    const Result result =
        connection
            ->Run("SELECT $1::bigint, $2::bytea, $3::bytea, true, 'x'::text",
                  params)
            .value();
    const Cells cells = result.At(0);
    EXPECT_EQ(cells.IntAt(0), -5);
    EXPECT_EQ(cells.BlobAt(1), bytes);
    EXPECT_EQ(cells.TextAt(1), bytes);
    EXPECT_TRUE(cells.IsNullAt(2));
    EXPECT_EQ(cells.BlobAt(2), std::nullopt);
    EXPECT_EQ(cells.IntAt(2), std::nullopt);
    EXPECT_EQ(cells.IntAt(3), 1);
    EXPECT_EQ(cells.IntAt(4), std::nullopt);
    EXPECT_EQ(cells.BlobAt(4), std::nullopt);
  }
}

TEST_F(ConnectionTest, ErrorsHaveTheirCodesAndNoValues) {
  database_.Run("INSERT INTO t VALUES (1, 1, NULL, 77)");
  const auto connection = Open().value();
  struct Case {
    const char* sql;
    StatusCode code;
    const char* message;
  };
  const Case cases[] = {
      {"INSERT INTO t VALUES (1, 2)", StatusCode::kAlreadyExists,
       "id is taken"},
      {"INSERT INTO t VALUES (2, 2, NULL, 77)", StatusCode::kAlreadyExists,
       "a_b is taken"},
      {"INSERT INTO c VALUES (99)", StatusCode::kAborted, "changed"},
      {"INSERT INTO t VALUES (3, NULL)", kUnavailable, "23502"},
      {"SELECT nonsense77", kUnavailable, "42703"},
      {"SELECT 77 / 0", kUnavailable, "22012"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(
        connection->Run(c.sql),
        StatusIs(c.code, AllOf(HasSubstr(c.message), Not(HasSubstr("77")))))
        << c.sql;
    EXPECT_TRUE(connection->Usable());
    EXPECT_FALSE(connection->sqlstate().empty());
  }
  EXPECT_THAT(connection->Run("SELECT 1"), IsOk());
  EXPECT_TRUE(connection->sqlstate().empty());
}

TEST_F(ConnectionTest, TransactionsRollBackUnlessCommitted) {
  const auto connection = Open().value();
  {
    const Transaction transaction = Transaction::Begin(*connection).value();
    ASSERT_THAT(connection->Run("INSERT INTO t VALUES (1, 1)"), IsOk());
  }
  EXPECT_EQ(database_.Run("SELECT count(*) FROM t"), "0");
  Transaction transaction = Transaction::Begin(*connection).value();
  ASSERT_THAT(connection->Run("INSERT INTO t VALUES (1, 1)"), IsOk());
  EXPECT_THAT(transaction.Commit(), IsOk());
  EXPECT_EQ(database_.Run("SELECT count(*) FROM t"), "1");
}

TEST_F(ConnectionTest, AFailedCommitIsInDoubt) {
  const auto connection = Open().value();
  Transaction transaction = Transaction::Begin(*connection).value();
  ASSERT_THAT(connection->Run("INSERT INTO d VALUES (99)"), IsOk());
  EXPECT_THAT(transaction.Commit(),
              StatusIs(kUnavailable, HasSubstr("in doubt")));
}

TEST_F(ConnectionTest, SessionsAreSetUpWhateverTheUrlSays) {
  const auto weak = Open(
                        "%20-csynchronous_commit%3Doff"
                        "%20-cbytea_output%3Descape"
                        "&application_name=x&client_encoding=LATIN1")
                        .value();
  EXPECT_EQ(Show(*weak, "synchronous_commit"), "on");
  EXPECT_EQ(Show(*weak, "bytea_output"), "hex");
  EXPECT_EQ(Show(*weak, "application_name"), "pawld");
  EXPECT_EQ(Show(*weak, "client_encoding"), "UTF8");
  EXPECT_EQ(Show(*weak, "lock_timeout"), "2s");
  EXPECT_EQ(Show(*weak, "statement_timeout"), "4s");
  const auto strong = Open("%20-csynchronous_commit%3Dremote_apply").value();
  EXPECT_EQ(Show(*strong, "synchronous_commit"), "remote_apply");
}

TEST_F(ConnectionTest, AReadOnlySessionIsRefused) {
  const char* read_only = "%20-cdefault_transaction_read_only%3Don";
  EXPECT_THAT(Open(read_only), StatusIs(kUnavailable));
  EXPECT_THAT(Open(read_only + std::string("&target_session_attrs=any")),
              StatusIs(kUnavailable, HasSubstr("read-only")));
}

TEST_F(ConnectionTest, RefusesToRunWithoutDurability) {
  const TestDatabase::Setting setting(database_, "fsync", "off");
  EXPECT_THAT(Open(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("fsync")));
}

TEST_F(ConnectionTest, NoServerIsUnavailable) {
  EXPECT_THAT(Open("&port=1"), StatusIs(kUnavailable));
  EXPECT_THAT(Open("&user=nobody&password=secret"),
              StatusIs(kUnavailable, Not(HasSubstr("secret"))));
}

TEST_F(ConnectionTest, ABrokenConnectionStaysBroken) {
  const auto connection = Open().value();
  const Result pid = connection->Run("SELECT pg_backend_pid()").value();
  EXPECT_TRUE(connection->Usable());
  database_.Run("SELECT pg_terminate_backend(" +
                std::string(pid.At(0).RawAt(0)) + ", 5000)");
  EXPECT_FALSE(connection->Usable());
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(connection->Run("SELECT 1"), StatusIs(kUnavailable)) << i;
    EXPECT_THAT(connection->Run("SELECT $1::bigint", Params().Int(1)),
                StatusIs(kUnavailable))
        << i;
    EXPECT_THAT(Transaction::Begin(*connection), StatusIs(kUnavailable)) << i;
    EXPECT_TRUE(connection->sqlstate().empty());
  }
  EXPECT_FALSE(connection->Usable());
}

TEST_F(ConnectionTest, StatementsEndAtTheirTimeout) {
  const auto connection =
      Open({}, {.statement = std::chrono::milliseconds(50)}).value();
  EXPECT_THAT(connection->Run("SELECT pg_sleep(60)"),
              StatusIs(kUnavailable, HasSubstr("took too long")));
  EXPECT_TRUE(connection->Usable());
}

TEST_F(ConnectionTest, ARemarkPutsAWriteInDoubt) {
  const auto connection = Open().value();
  // What the server may say of a vacuum is nothing against a commit.
  database_.Run(
      "CREATE FUNCTION \"GetNewTransactionId\"(text) RETURNS void"
      " LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING"
      " 'in GetNewTransactionId: %', $1; END $$");
  EXPECT_THAT(connection->Write("SELECT \"GetNewTransactionId\"('x')"), IsOk());
  EXPECT_THAT(connection->Write("DO $$ BEGIN RAISE NOTICE 'x'; END $$"),
              IsOk());
  EXPECT_THAT(connection->Write("DO $$ BEGIN RAISE WARNING 'x'; END $$"),
              StatusIs(kUnavailable, HasSubstr("in doubt")));
  EXPECT_FALSE(connection->Usable());
}

}  // namespace
}  // namespace pawl::db::postgres
