#include "tools/pawl/connection.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "pawl/v1/account.grpc.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tools/pawl/commands.h"

namespace pawl::tools {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Stub = v1::AccountService::Stub;

// Knows one account and 2500 in its list; remembers how it was asked.
class FakeAccounts final : public v1::AccountService::Service {
 public:
  grpc::Status GetAccount(grpc::ServerContext* context,
                          const v1::GetAccountRequest* request,
                          v1::GetAccountResponse* answer) override {
    const auto& metadata = context->client_metadata();
    const auto found = metadata.find("authorization");
    authorization = found == metadata.end() ? "none"
                                            : std::string(found->second.begin(),
                                                          found->second.end());
    if (request->login() != "alice") {
      return {grpc::StatusCode::NOT_FOUND, "login: no such account"};
    }
    answer->mutable_account()->set_id("acc_1");
    return grpc::Status::OK;
  }

  grpc::Status ListAccounts(grpc::ServerContext* /*context*/,
                            const v1::ListAccountsRequest* request,
                            v1::ListAccountsResponse* answer) override {
    constexpr int32_t kAccounts = 2500;
    page_sizes.push_back(request->page_size());
    const int32_t begin =
        request->page_token().empty() ? 0 : std::stoi(request->page_token());
    const int32_t end = std::min(kAccounts, begin + request->page_size());
    for (int32_t i = begin; i < end; ++i) {
      answer->add_accounts()->set_login(std::to_string(i));
    }
    if (end < kAccounts) {
      answer->set_next_page_token(std::to_string(end));
    }
    return grpc::Status::OK;
  }

  std::string authorization;
  std::vector<int32_t> page_sizes;
};

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(Address(), grpc::InsecureServerCredentials());
    builder.RegisterService(&accounts_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  std::string Address() { return "unix:" + (directory_ / "sock").native(); }

  Connection Open(const std::string& key_file = "") {
    return *Connection::Open({.server = Address(), .key_file = key_file});
  }

  // The login names that `pawl account list --limit` would print.
  StatusOr<v1::ListAccountsResponse> List(int64_t limit) {
    const Connection connection = Open();
    return ListAll(Session{.connection = connection}, &Stub::ListAccounts,
                   v1::ListAccountsRequest(), limit);
  }

  TempDir directory_;
  FakeAccounts accounts_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ConnectionTest, ReturnsTheAnswerOfTheServer) {
  v1::GetAccountRequest request;
  request.set_login("alice");
  const StatusOr<v1::GetAccountResponse> answer =
      Open().Call(&Stub::GetAccount, request);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->account().id(), "acc_1");
  EXPECT_EQ(accounts_.authorization, "none");
}

TEST_F(ConnectionTest, ReturnsTheErrorOfTheServer) {
  EXPECT_THAT(Open().Call(&Stub::GetAccount, v1::GetAccountRequest()),
              StatusIs(StatusCode::kNotFound, "login: no such account"));
}

TEST_F(ConnectionTest, SendsTheKeyInTheFirstLineOfItsFile) {
  const std::string file = (directory_ / "key").native();
  ASSERT_THAT(CreatePrivateFile(file, "s3cret\nnotes\n"), IsOk());
  static_cast<void>(
      Open(file).Call(&Stub::GetAccount, v1::GetAccountRequest()));
  EXPECT_EQ(accounts_.authorization, "Bearer s3cret");
}

TEST_F(ConnectionTest, NamesTheServerThatCannotBeReached) {
  server_->Shutdown();
  EXPECT_THAT(Open().Call(&Stub::GetAccount, v1::GetAccountRequest()),
              StatusIs(StatusCode::kUnavailable, StartsWith(Address())));
}

TEST_F(ConnectionTest, FollowsAllPages) {
  const StatusOr<v1::ListAccountsResponse> all = List(0);
  ASSERT_THAT(all, IsOk());
  ASSERT_EQ(all->accounts_size(), 2500);
  EXPECT_EQ(all->accounts(0).login(), "0");
  EXPECT_EQ(all->accounts(2499).login(), "2499");
  EXPECT_THAT(accounts_.page_sizes, ElementsAre(1000, 1000, 1000));
}

TEST_F(ConnectionTest, AsksForNoMoreThanTheLimit) {
  const StatusOr<v1::ListAccountsResponse> some = List(1200);
  ASSERT_THAT(some, IsOk());
  EXPECT_EQ(some->accounts_size(), 1200);
  EXPECT_EQ(some->next_page_token(), "");
  EXPECT_THAT(accounts_.page_sizes, ElementsAre(1000, 200));
}

TEST_F(ConnectionTest, TurnsALoginIntoAnId) {
  const Connection connection = Open();
  const Session session{.connection = connection};
  EXPECT_THAT(AccountId(session, "alice"), IsOkAndHolds(std::string("acc_1")));
  EXPECT_THAT(AccountId(session, "acc_9"), IsOkAndHolds(std::string("acc_9")));
  EXPECT_THAT(AccountId(session, "bob"), StatusIs(StatusCode::kNotFound));
}

TEST(OpenConnection, SpeaksPlainTextOnThisMachineOnly) {
  for (const char* server :
       {"unix:/run/pawl.sock", "127.0.0.1:7295", "127.1.2.3:7295", "[::1]:7295",
        "localhost:7295"}) {
    EXPECT_THAT(Connection::Open({.server = server}), IsOk()) << server;
  }
  for (const char* server :
       {"192.0.2.1:7295", "example.org:7295", "127.0.0.1.example.org:7295",
        "localhost.example.org:7295", "[2001:db8::1]:7295", "0.0.0.0:7295",
        "[::]:7295", "[::ffff:192.0.2.1]:7295", "128.0.0.1:7295"}) {
    EXPECT_THAT(Connection::Open({.server = server}),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("--tls")))
        << server;
    EXPECT_THAT(Connection::Open({.server = server, .tls = true}), IsOk())
        << server;
  }
}

TEST(OpenConnection, RefusesOtherWaysToNameAServer) {
  for (const char* server :
       {"", "localhost", "localhost:", "localhost:http", ":7295",
        "unix-abstract:name", "dns:///example.org:x"}) {
    EXPECT_THAT(Connection::Open({.server = server, .tls = true}),
                StatusIs(StatusCode::kInvalidArgument))
        << server;
  }
}

TEST(OpenConnection, RefusesTlsOnAUnixSocket) {
  EXPECT_THAT(Connection::Open({.server = "unix:/run/pawl.sock", .tls = true}),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(OpenConnection, RefusesAKeyThatIsNoHeaderText) {
  for (const std::string& contents :
       {std::string(), std::string("a b\n"), std::string("k\xc3\xab\n"),
        std::string("a\tb\n"), std::string("k\0y\n", 4)}) {
    TempDir directory;
    const std::string file = (directory / "key").native();
    ASSERT_THAT(CreatePrivateFile(file, contents), IsOk());
    EXPECT_THAT(
        Connection::Open({.server = "localhost:7295", .key_file = file}),
        StatusIs(StatusCode::kInvalidArgument))
        << contents;
  }
}

}  // namespace
}  // namespace pawl::tools
