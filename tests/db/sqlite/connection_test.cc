#include "db/sqlite/connection.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::db::sqlite {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::StatusIs;
using ::testing::Eq;
using ::testing::HasSubstr;

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    PAWL_CHECK(CreatePrivateFile(path_, "").ok());
    connection_ = Connection::Open(path_).value();
    PAWL_CHECK(Run("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER"
                   " PRIMARY KEY, text TEXT UNIQUE, blob BLOB) STRICT")
                   .ok());
    PAWL_CHECK(connection_->Configure(Access::kWrite).ok());
  }

  Status Run(const std::string& sql) { return connection_->Execute(sql); }
  StatusOr<int64_t> Count() {
    return connection_->QueryInt("SELECT count(*) FROM t");
  }
  Statement Prepare(std::string_view sql) {
    return connection_->Prepare(sql).value();
  }

  testing::TempDir dir_;
  const std::filesystem::path path_ = dir_ / "test.db";
  std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, ValuesRoundTrip) {
  using std::string_literals::operator""s;
  const int64_t numbers[] = {0, -1, std::numeric_limits<int64_t>::min(),
                             std::numeric_limits<int64_t>::max()};
  const std::string texts[] = {""s, "\0"s, "a\0b"s, "ä"s, "\xff\xfe"s};
  for (const int64_t number : numbers) {
    for (const std::string& text : texts) {
      ASSERT_THAT(Run("DELETE FROM t"), IsOk());
      EXPECT_THAT(Prepare("INSERT INTO t VALUES (?1, ?2, ?3)")
                      .Int(number)
                      .Text(text)
                      .Blob(text)
                      .Run(),
                  IsOk());
      Statement select = Prepare("SELECT id, text, blob, NULL FROM t");
      ASSERT_THAT(select.Step(), IsOkAndHolds(true));
      EXPECT_EQ(select.IntAt(0), number);
      EXPECT_EQ(select.TextAt(1), text);
      EXPECT_EQ(select.BlobAt(2), text);
      EXPECT_TRUE(select.IsNullAt(3));
      ASSERT_THAT(select.Step(), IsOkAndHolds(false));
    }
  }
}

TEST_F(ConnectionTest, AnEmptyTextIsNotNull) {
  EXPECT_THAT(Prepare("INSERT INTO t VALUES (?1, ?2, ?3)")
                  .Int(1)
                  .Text(std::string_view())
                  .Blob(std::string_view())
                  .Run(),
              IsOk());
  EXPECT_THAT(connection_->QueryInt(
                  "SELECT count(*) FROM t WHERE text = '' AND blob = x''"),
              IsOkAndHolds(1));
}

TEST_F(ConnectionTest, ColumnsOfAnotherTypeAreAbsent) {
  Statement select = Prepare("SELECT 1, 'a', x'00', NULL, 1.5");
  ASSERT_THAT(select.Step(), IsOkAndHolds(true));
  for (int column = 0; column < 5; ++column) {
    EXPECT_EQ(select.IntAt(column).has_value(), column == 0) << column;
    EXPECT_EQ(select.TextAt(column).has_value(), column == 1) << column;
    EXPECT_EQ(select.BlobAt(column).has_value(), column == 2) << column;
    EXPECT_EQ(select.IsNullAt(column), column == 3) << column;
  }
}

TEST_F(ConnectionTest, CachedStatementsStartClean) {
  constexpr std::string_view kSql = "INSERT INTO t VALUES (?1, ?2, NULL)";
  EXPECT_THAT(Prepare(kSql).Int(1).Text("a").Run(), IsOk());
  EXPECT_THAT(Prepare(kSql).Int(2).Run(), IsOk());
  EXPECT_THAT(
      connection_->QueryInt("SELECT count(*) FROM t WHERE text IS NULL"),
      IsOkAndHolds(1));
}

TEST_F(ConnectionTest, AnAbandonedStatementHoldsNoTransaction) {
  ASSERT_THAT(Run("INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL)"),
              IsOk());
  {
    Statement select = Prepare("SELECT id FROM t");
    ASSERT_THAT(select.Step(), IsOkAndHolds(true));
  }
  // Needs that nobody reads; answers 1 instead of 0 when somebody does.
  const auto other = Connection::Open(path_).value();
  EXPECT_THAT(other->QueryInt("PRAGMA wal_checkpoint(TRUNCATE)"),
              IsOkAndHolds(0));
}

TEST_F(ConnectionTest, BindErrorsComeOutOfStep) {
  Statement statement = Prepare("SELECT ?1");
  EXPECT_THAT(statement.Int(1).Int(2).Step(), StatusIs(StatusCode::kInternal));
}

TEST_F(ConnectionTest, ErrorsHaveTheirCodes) {
  ASSERT_THAT(Run("INSERT INTO t VALUES (1, 'a', NULL);"
                  "CREATE TABLE c (t INTEGER REFERENCES t (id));"
                  "CREATE TABLE f (n INTEGER CHECK (n > 0)) STRICT"),
              IsOk());
  struct Case {
    const char* sql;
    StatusCode code;
    const char* message;
  };
  const Case cases[] = {
      {"INSERT INTO t VALUES (1, 'b', NULL)", StatusCode::kAlreadyExists, "id"},
      {"INSERT INTO t VALUES (2, 'a', NULL)", StatusCode::kAlreadyExists,
       "text"},
      {"INSERT INTO c VALUES (9)", StatusCode::kAborted, ""},
      {"INSERT INTO f VALUES (0)", StatusCode::kInternal, ""},
      {"INSERT INTO f VALUES ('x')", StatusCode::kInternal, ""},
      {"nonsense", StatusCode::kInternal, "nonsense"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Run(c.sql), StatusIs(c.code, HasSubstr(c.message))) << c.sql;
  }
}

TEST_F(ConnectionTest, RowsWhereNoneBelongAreAnError) {
  EXPECT_THAT(Prepare("SELECT 1").Run(), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(connection_->QueryInt("SELECT 'a'"),
              StatusIs(StatusCode::kInternal));
  EXPECT_THAT(connection_->QueryInt("SELECT 1 WHERE 0"),
              StatusIs(StatusCode::kInternal));
  EXPECT_THAT(connection_->QueryText("SELECT 1"),
              StatusIs(StatusCode::kInternal));
}

TEST_F(ConnectionTest, TransactionsRollBackUnlessCommitted) {
  {
    const Transaction transaction =
        Transaction::Begin(*connection_, Access::kWrite).value();
    ASSERT_THAT(Run("INSERT INTO t VALUES (1, 'a', NULL)"), IsOk());
    EXPECT_TRUE(connection_->InTransaction());
  }
  EXPECT_FALSE(connection_->InTransaction());
  EXPECT_THAT(Count(), IsOkAndHolds(0));
  Transaction transaction =
      Transaction::Begin(*connection_, Access::kWrite).value();
  ASSERT_THAT(Run("INSERT INTO t VALUES (1, 'a', NULL)"), IsOk());
  EXPECT_THAT(transaction.Commit(), IsOk());
  EXPECT_FALSE(connection_->InTransaction());
  EXPECT_THAT(Count(), IsOkAndHolds(1));
}

TEST_F(ConnectionTest, AFailedCommitIsInDoubtAndRolledBack) {
  ASSERT_THAT(Run("CREATE TABLE c (t INTEGER REFERENCES t (id) DEFERRABLE"
                  " INITIALLY DEFERRED)"),
              IsOk());
  {
    Transaction transaction =
        Transaction::Begin(*connection_, Access::kWrite).value();
    ASSERT_THAT(Run("INSERT INTO c VALUES (9)"), IsOk());
    EXPECT_THAT(transaction.Commit(),
                StatusIs(StatusCode::kUnavailable, HasSubstr("in doubt")));
  }
  EXPECT_FALSE(connection_->InTransaction());
  EXPECT_THAT(connection_->QueryInt("SELECT count(*) FROM c"), IsOkAndHolds(0));
}

TEST_F(ConnectionTest, ReadersCannotWrite) {
  const auto reader = Connection::Open(path_).value();
  ASSERT_THAT(reader->Configure(Access::kRead), IsOk());
  EXPECT_THAT(reader->Execute("DELETE FROM t"),
              StatusIs(StatusCode::kUnavailable));
}

TEST_F(ConnectionTest, RefusesToRunWithoutDurability) {
  ASSERT_THAT(connection_->QueryText("PRAGMA journal_mode = DELETE"),
              IsOkAndHolds(Eq("delete")));
  EXPECT_THAT(connection_->Configure(Access::kWrite),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("delete")));
}

TEST_F(ConnectionTest, AMissingFileIsUnavailable) {
  EXPECT_THAT(Connection::Open(dir_ / "none.db"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "none.db"));
}

}  // namespace
}  // namespace pawl::db::sqlite
