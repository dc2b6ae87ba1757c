#include "tools/pawl/output.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "pawl/v1/account.pb.h"
#include "pawl/v1/client.pb.h"
#include "pawl/v1/device.pb.h"
#include "pawl/v1/login.pb.h"
#include "pawl/v1/token.pb.h"

namespace pawl::tools {
namespace {

std::string Record(const google::protobuf::Message& message) {
  std::ostringstream out;
  PrintRecord(out, message);
  return out.str();
}

std::string Table(const google::protobuf::Message& list,
                  const Columns& columns) {
  std::ostringstream out;
  PrintTable(out, list, columns);
  return out.str();
}

TEST(PrintRecord, ShowsEachKindOfField) {
  v1::Token token;
  token.set_id("tok_1");
  token.set_kind(v1::TOKEN_KIND_TOTP);
  token.set_enabled(true);
  token.set_digits(8);
  token.mutable_period()->set_seconds(30);
  token.set_drift(-2);
  token.mutable_create_time()->set_seconds(1'700'000'000);
  EXPECT_EQ(Record(token),
            "id:          tok_1\n"
            "kind:        TOTP\n"
            "enabled:     yes\n"
            "digits:      8\n"
            "period:      30s\n"
            "drift:       -2\n"
            "locked:      no\n"
            "create_time: 2023-11-14T22:13:20Z\n"
            "confirmed:   no\n");
}

TEST(PrintRecord, ShowsAZeroThatIsPresent) {
  v1::Token token;
  token.set_position(0);
  EXPECT_EQ(Record(token),
            "enabled:   no\nposition:  0\nlocked:    no\nconfirmed: no\n");
}

TEST(PrintRecord, ShowsListsInOneLine) {
  v1::Client client;
  client.add_roles(v1::ROLE_LOGIN);
  client.add_roles(v1::ROLE_AUDIT);
  EXPECT_EQ(Record(client), "roles:       LOGIN, AUDIT\nsee_reasons: no\n");
}

TEST(PrintRecord, ShowsTheFieldsOfAnInnerMessage) {
  v1::GetAccountResponse answer;
  answer.mutable_account()->set_login("alice");
  EXPECT_EQ(Record(answer),
            "login:            alice\n"
            "enabled:          no\n"
            "has_pin:          no\n"
            "has_password:     no\n"
            "device_passwords: no\n");
}

TEST(PrintRecord, ShowsListsOfMessagesAsTables) {
  v1::ListServicesResponse catalogue;
  v1::ServiceInfo* service = catalogue.add_services();
  service->set_name("imap");
  service->set_kind(v1::SERVICE_KIND_SYNC);
  service->set_scope("mail");
  v1::DeviceType* type = catalogue.add_device_types();
  type->set_name("sync");
  type->add_scopes("mail");
  type->add_scopes("files");
  EXPECT_EQ(Record(catalogue),
            "services:\n"
            "name  kind  scope  internal\n"
            "imap  SYNC  mail   no\n"
            "\n"
            "device_types:\n"
            "name  scopes\n"
            "sync  mail, files\n");
}

TEST(PrintRecord, ShowsTheListsOfAnInnerMessage) {
  v1::GetAccountResponse answer;
  answer.mutable_account()->set_login("alice");
  v1::Block* block = answer.mutable_account()->add_blocks();
  block->set_cause(v1::CAUSE_WRONG_PIN);
  block->set_source("*");
  block->mutable_retry_after()->set_seconds(4);
  EXPECT_TRUE(
      Record(answer).ends_with("device_passwords: no\n"
                               "\n"
                               "blocks:\n"
                               "cause      source  retry_after\n"
                               "WRONG_PIN  *       4s\n"))
      << Record(answer);
}

TEST(PrintRecord, EscapesTexts) {
  v1::Token token;
  token.set_label("a\x1b[2J\nid: tok_2");
  EXPECT_EQ(Record(token),
            "label:     a\\x1b[2J\\x0aid: tok_2\n"
            "enabled:   no\n"
            "locked:    no\n"
            "confirmed: no\n");
}

TEST(PrintRecord, ShowsAnUnknownEnumeratorAsItsNumber) {
  v1::CheckLoginResponse answer;
  answer.set_reason(static_cast<v1::Reason>(99));
  EXPECT_EQ(Record(answer), "reason: 99\n");
}

TEST(PrintRecord, LeavesOutWhatIsToBeSkipped) {
  v1::CheckLoginResponse answer;
  answer.set_verdict(v1::VERDICT_REFUSED);
  answer.set_token_id("tok_1");
  answer.mutable_retry_after()->set_nanos(500'000'000);
  std::ostringstream out;
  PrintRecord(out, answer, {"verdict", "reason"});
  EXPECT_EQ(out.str(), "token_id:    tok_1\nretry_after: 0.500s\n");
}

class ListOfTwo : public ::testing::Test {
 protected:
  ListOfTwo() {
    v1::Account* account = list_.add_accounts();
    account->set_id("acc_1");
    account->set_login("zoë");
    account->set_enabled(true);
    account = list_.add_accounts();
    account->set_id("acc_22");
    account->set_login("bob");
    account->set_failures(3);
  }

  v1::ListAccountsResponse list_;
};

TEST_F(ListOfTwo, StandsInColumns) {
  EXPECT_EQ(Table(list_, {"id", "login", "enabled", "failures"}),
            "id      login  enabled  failures\n"
            "acc_1   zoë    yes\n"
            "acc_22  bob    no       3\n");
}

TEST_F(ListOfTwo, LosesColumnsThatAreEmpty) {
  EXPECT_EQ(Table(list_, {"id", "create_time", "login"}),
            "id      login\n"
            "acc_1   zoë\n"
            "acc_22  bob\n");
}

TEST_F(ListOfTwo, HasTwoRows) {
  EXPECT_EQ(RowCount(list_), 2);
}

TEST(PrintTable, PrintsNothingForAnEmptyList) {
  EXPECT_EQ(Table(v1::ListTokensResponse(), {"id"}), "");
}

}  // namespace
}  // namespace pawl::tools
