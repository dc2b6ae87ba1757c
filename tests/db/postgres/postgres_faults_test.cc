// Whatever goes wrong with the server, the connection or the clock: OK is only
// said of what is written, and the store works again when the fault is over.
#include <signal.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/postgres/postgres_store.h"
#include "tests/support/pg_proxy.h"
#include "tests/support/postgres.h"
#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"

namespace pawl::db {
namespace {

using ::pawl::testing::Eventually;
using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::kSampleTime;
using ::pawl::testing::PgProxy;
using ::pawl::testing::ReplacementOf;
using ::pawl::testing::SampleToken;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TestDatabase;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr auto kUnavailable = StatusCode::kUnavailable;
constexpr auto kAborted = StatusCode::kAborted;
constexpr postgres::Patience kShort{.lock = milliseconds(100),
                                    .statement = milliseconds(20000),
                                    .answer = milliseconds(30000),
                                    .turn = milliseconds(100)};

Commit Move(const TokenRecord& token, Position to) {
  return ReplacementOf(token,
                       Apply(token, {.advance_to = to}, kSampleTime).value());
}

// A commit that is not hot: it takes a transaction of several statements.
Commit MoveAndRename(const TokenRecord& token, Position to) {
  return ReplacementOf(
      token,
      Apply(token, {.advance_to = to, .label = "new"}, kSampleTime).value());
}

using MakeCommit = Commit (*)(const TokenRecord&, Position);
constexpr MakeCommit kKinds[] = {Move, MoveAndRename};

class PostgresFaultsTest : public ::testing::Test {
 protected:
  PostgresFaultsTest() {
    const std::unique_ptr<Store> store = Open();
    PAWL_CHECK(store->Commit(InsertOf(token_)).ok());
    PAWL_CHECK(store->Commit(InsertOf(other_)).ok());
  }

  std::unique_ptr<Store> Open(std::string_view more = {},
                              const postgres::Patience& patience = kShort) {
    return PostgresStore::Open(database_.Url(more), patience).value();
  }
  std::string PositionOf(const TokenRecord& token) {
    return database_.Run("SELECT position FROM token WHERE id = " +
                         std::to_string(token.id.value));
  }
  // "(pids of) the sessions of pawld that are as `what` says".
  static std::string Sessions(const std::string& what) {
    return "FROM pg_stat_activity WHERE application_name = 'pawld' AND " + what;
  }
  bool SessionIs(const std::string& what) {
    return Eventually(database_, "SELECT count(*) > 0 " + Sessions(what));
  }
  void Terminate(const std::string& what) {
    database_.Run("SELECT pg_terminate_backend(pid, 5000) " + Sessions(what));
  }

  // Makes commits wait for a standby that there is not, until destruction. A
  // process of the server learns of the setting at its own time, so this tries
  // until a commit waits.
  class GhostStandby {
   public:
    explicit GhostStandby(PostgresFaultsTest& test)
        : setting_(test.database_, "synchronous_standby_names", "ghost") {
      const std::unique_ptr<Store> store = test.Open();
      std::thread trying([&] {
        while (store->Tend(kSampleTime).ok()) {
        }
      });
      EXPECT_TRUE(test.SessionIs("wait_event = 'SyncRep'"));
      test.Terminate("wait_event = 'SyncRep'");
      trying.join();
    }

   private:
    TestDatabase::Setting setting_;
  };

  TestDatabase database_;
  const TokenRecord token_ = SampleToken(6000);
  const TokenRecord other_ = SampleToken(6001);
};

TEST_F(PostgresFaultsTest, AConnectionLostBeforeTheCommitLeavesNothing) {
  for (const MakeCommit make : kKinds) {
    PgProxy proxy;
    const std::unique_ptr<Store> store = Open(proxy.UrlPart());
    proxy.CutAtWrite(PgProxy::Cut::kBefore);
    EXPECT_THAT(store->Commit(make(token_, 2000)), StatusIs(kUnavailable));
    EXPECT_TRUE(proxy.HasCut());
    EXPECT_EQ(PositionOf(token_), "1000");
    EXPECT_THAT(store->GetToken(token_.id), IsOk());
    EXPECT_THAT(store->Tend(kSampleTime), IsOk());
  }
}

TEST_F(PostgresFaultsTest, AConnectionLostAfterTheCommitIsInDoubt) {
  const std::unique_ptr<Store> direct = Open();
  TokenRecord token = token_;
  for (const MakeCommit make : kKinds) {
    PgProxy proxy;
    const std::unique_ptr<Store> store = Open(proxy.UrlPart());
    const Commit commit = make(token, *token.position + 1000);
    if (make == Move) {
      proxy.CutAtWrite(PgProxy::Cut::kAfter);
      EXPECT_THAT(store->Commit(commit), StatusIs(kUnavailable));
    } else {
      // The proxy lets the statements pass and cuts at the COMMIT.
      proxy.CutAtCommit(PgProxy::Cut::kAfter);
      EXPECT_THAT(store->Commit(commit),
                  StatusIs(kUnavailable, HasSubstr("in doubt")));
    }
    EXPECT_TRUE(proxy.HasCut());
    // It was written, so the code is used up: asking again tells the truth.
    token = *commit.tokens.front().after;
    EXPECT_EQ(store->GetToken(token.id).value(), token);
    EXPECT_THAT(store->Commit(commit), StatusIs(kAborted));
    EXPECT_THAT(direct->Commit(commit), StatusIs(kAborted));
  }
}

TEST_F(PostgresFaultsTest, AServerThatEndsDuringTheCommitIsInDoubt) {
  TokenRecord token = token_;
  for (const MakeCommit make : kKinds) {
    const std::unique_ptr<Store> store = Open();
    const Commit commit = make(token, *token.position + 1000);
    Status status;
    {
      const GhostStandby ghost(*this);
      std::thread committing([&] { status = store->Commit(commit); });
      EXPECT_TRUE(SessionIs("wait_event = 'SyncRep'"));
      Terminate("wait_event = 'SyncRep'");
      committing.join();
    }
    EXPECT_THAT(status, StatusIs(kUnavailable));
    token = *commit.tokens.front().after;
    EXPECT_EQ(store->GetToken(token.id).value(), token);
    EXPECT_THAT(store->Commit(commit), StatusIs(kAborted));
  }
}

// The server calls it a success, with a warning.
TEST_F(PostgresFaultsTest, ACancelledWaitForAStandbyIsInDoubt) {
  TokenRecord token = token_;
  for (const MakeCommit make : kKinds) {
    const std::unique_ptr<Store> store = Open();
    const Commit commit = make(token, *token.position + 1000);
    Status status;
    {
      const GhostStandby ghost(*this);
      std::thread committing([&] { status = store->Commit(commit); });
      EXPECT_TRUE(SessionIs("wait_event = 'SyncRep'"));
      database_.Run("SELECT pg_cancel_backend(pid) " +
                    Sessions("wait_event = 'SyncRep'"));
      committing.join();
    }
    EXPECT_THAT(status, StatusIs(kUnavailable, HasSubstr("in doubt")));
    token = *commit.tokens.front().after;
    EXPECT_EQ(store->GetToken(token.id).value(), token);
  }
}

// No timeout of the server ends this wait.
TEST_F(PostgresFaultsTest, AStandbyThatNeverAnswersIsGivenUp) {
  const std::unique_ptr<Store> store =
      Open({}, {.lock = milliseconds(100), .answer = milliseconds(500)});
  ASSERT_THAT(store->Tend(kSampleTime), IsOk());
  const GhostStandby ghost(*this);
  EXPECT_THAT(store->Commit(Move(token_, 2000)), StatusIs(kUnavailable));
  // The session that nobody waits for still waits, and holds the row.
  EXPECT_THAT(store->Commit(Move(token_, 2001)),
              StatusIs(kUnavailable, HasSubstr("locked")));
  EXPECT_THAT(store->GetToken(token_.id), IsOk());
}

TEST_F(PostgresFaultsTest, AHungServerIsGivenUp) {
  const std::unique_ptr<Store> store = Open({}, {.answer = milliseconds(500)});
  ASSERT_THAT(store->Commit(Move(other_, 2000)), IsOk());
  const pid_t backend = std::stoi(
      database_.Run("SELECT pid " + Sessions("query LIKE 'WITH tokens%'")));
  ASSERT_EQ(::kill(backend, SIGSTOP), 0);
  const Status status = store->Commit(Move(token_, 2000));
  EXPECT_EQ(PositionOf(token_), "1000");
  // Others are on their feet meanwhile.
  EXPECT_THAT(store->Commit(Move(*Move(other_, 2000).tokens[0].after, 2001)),
              IsOk());
  ASSERT_EQ(::kill(backend, SIGCONT), 0);
  EXPECT_THAT(status, StatusIs(kUnavailable));
  // It does what it was sent, when it wakes.
  EXPECT_TRUE(Eventually(database_,
                         "SELECT position = 2000 FROM token WHERE"
                         " id = 6000"));
}

TEST_F(PostgresFaultsTest, AKilledSessionCostsNothing) {
  const std::unique_ptr<Store> store = Open();
  TokenRecord token = token_;
  for (int i = 0; i < 3; ++i) {
    const std::string before =
        database_.Run("SELECT min(backend_start) " + Sessions("true"));
    Terminate("true");
    const Commit commit = Move(token, *token.position + 1);
    EXPECT_THAT(store->Commit(commit), IsOk());
    token = *commit.tokens.front().after;
    EXPECT_EQ(store->GetToken(token.id).value(), token);
    // New sessions, each set up and checked.
    EXPECT_EQ(database_.Run("SELECT bool_and(backend_start > '" + before +
                            "') " + Sessions("true")),
              "t");
  }
}

TEST_F(PostgresFaultsTest, AReadOnlyNodeIsUnavailable) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_THAT(store->Tend(kSampleTime), IsOk());
  {
    const TestDatabase::Setting read_only(
        database_, "default_transaction_read_only", "on");
    // The session that was writable, and a new one.
    for (const MakeCommit make : kKinds) {
      EXPECT_THAT(store->Commit(make(token_, 2000)),
                  StatusIs(kUnavailable, HasSubstr("read-only")));
    }
    EXPECT_THAT(store->Tend(kSampleTime), StatusIs(kUnavailable));
    Terminate("true");
    EXPECT_THAT(store->Commit(Move(token_, 2000)), StatusIs(kUnavailable));
    EXPECT_THAT(PostgresStore::Open(database_.Url()), StatusIs(kUnavailable));
  }
  EXPECT_THAT(store->Commit(Move(token_, 2000)), IsOk());
}

TEST_F(PostgresFaultsTest, ALockedRowKeepsOnlyItsOwnCommits) {
  const std::unique_ptr<Store> store = Open();
  database_.Run("BEGIN; SELECT 1 FROM token WHERE id = 6000 FOR UPDATE");
  const Commit locked = Move(token_, 2000);
  const Commit free = Move(other_, 2000);
  const Commit slow = MoveAndRename(token_, 3000);
  const Commit* const batch[] = {&locked, &free, &slow};
  EXPECT_THAT(
      store->Commit(batch),
      ::testing::ElementsAre(StatusIs(kUnavailable, HasSubstr("lock")), IsOk(),
                             StatusIs(kUnavailable, HasSubstr("lock"))));
  database_.Run("ROLLBACK");
  EXPECT_THAT(store->Commit(locked), IsOk());
}

// The server ends a deadlock by undoing one of the two.
TEST_F(PostgresFaultsTest, ACommitThatLosesADeadlockIsTriedAgain) {
  const std::unique_ptr<Store> store = Open({}, {});
  database_.Run("SET deadlock_timeout = '60s'");  // it is not this session
  TokenRecord token = token_;
  TokenRecord other = other_;
  for (const MakeCommit make : kKinds) {
    Commit commit = make(token, *token.position + 1);
    commit.tokens.push_back(Move(other, *other.position + 1).tokens.front());
    database_.Run("BEGIN; SELECT 1 FROM token WHERE id = 6001 FOR UPDATE");
    Status status;
    std::thread committing([&] { status = store->Commit(commit); });
    EXPECT_TRUE(SessionIs("wait_event_type = 'Lock'"));
    database_.Run("SELECT 1 FROM token WHERE id = 6000 FOR UPDATE");
    database_.Run("ROLLBACK");
    committing.join();
    EXPECT_THAT(status, IsOk());
    token = *commit.tokens[0].after;
    other = *commit.tokens[1].after;
    EXPECT_EQ(store->GetToken(token.id).value(), token);
  }
  EXPECT_EQ(database_.Run("SELECT count(*) FROM audit"), "4");
}

TEST_F(PostgresFaultsTest, ABusyWriterTurnsOthersAway) {
  const std::unique_ptr<Store> store =
      Open({}, {.lock = milliseconds(20000),
                .statement = milliseconds(20000),
                .answer = milliseconds(30000),
                .turn = milliseconds(50)});
  database_.Run("BEGIN; SELECT 1 FROM token WHERE id = 6000 FOR UPDATE");
  Status status;
  std::thread committing([&] { status = store->Commit(Move(token_, 2000)); });
  EXPECT_TRUE(SessionIs("wait_event_type = 'Lock'"));
  EXPECT_THAT(store->Commit(Move(other_, 2000)),
              StatusIs(kUnavailable, HasSubstr("in use")));
  // Reads have connections of their own.
  EXPECT_THAT(store->GetToken(token_.id), IsOk());
  database_.Run("ROLLBACK");
  committing.join();
  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(store->Commit(Move(other_, 2000)), IsOk());
}

TEST_F(PostgresFaultsTest, AMissingTableIsUnavailable) {
  const std::unique_ptr<Store> store = Open();
  database_.Run("ALTER TABLE audit RENAME TO elsewhere");
  for (const MakeCommit make : kKinds) {
    EXPECT_THAT(store->Commit(make(token_, 2000)),
                StatusIs(kUnavailable, HasSubstr("42P01")));
  }
  EXPECT_EQ(PositionOf(token_), "1000");
  database_.Run("ALTER TABLE elsewhere RENAME TO audit");
  EXPECT_THAT(store->Commit(Move(token_, 2000)), IsOk());
}

}  // namespace
}  // namespace pawl::db
