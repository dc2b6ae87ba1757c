#include "db/postgres/conninfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::db::postgres {
namespace {

using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Conninfo, KeepsWhatTheUrlSays) {
  EXPECT_THAT(Conninfo("postgresql://me:s%27e%5Ccret@one:5433,two/pawl"
                       "?connect_timeout=7&target_session_attrs=primary"
                       "&options=-csearch_path%3Dx"),
              IsOkAndHolds(
                  AllOf(HasSubstr("host='one,two'"), HasSubstr("port='5433,'"),
                        HasSubstr("dbname='pawl'"), HasSubstr("user='me'"),
                        HasSubstr("password='s\\'e\\\\cret'"),
                        HasSubstr("options='-csearch_path=x'"),
                        HasSubstr("connect_timeout='7'"), Not(HasSubstr("'2'")),
                        HasSubstr("target_session_attrs='primary'"),
                        Not(HasSubstr("read-write")))));
}

TEST(Conninfo, AddsWhatEndsDeadConnections) {
  for (const char* url : {"postgresql:///", "postgres://host/db"}) {
    EXPECT_THAT(
        Conninfo(url),
        IsOkAndHolds(AllOf(HasSubstr("target_session_attrs='read-write'"),
                           HasSubstr("connect_timeout='2'"),
                           HasSubstr("keepalives_idle='3'"),
                           HasSubstr("tcp_user_timeout='5000'"))))
        << url;
  }
}

TEST(Conninfo, ErrorsDoNotRepeatTheUrl) {
  for (const char* url :
       {"postgresql://h/?secret=1", "postgresql://me:secret@[::1/db",
        "postgresql://h/%zzsecret"}) {
    EXPECT_THAT(Conninfo(url), StatusIs(StatusCode::kInvalidArgument,
                                        Not(HasSubstr("secret"))))
        << url;
  }
}

}  // namespace
}  // namespace pawl::db::postgres
