#include "tools/cli/report.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pawl::tools {
namespace {

using ::pawl::testing::StatusIs;

TEST(EscapeText, KeepsOrdinaryText) {
  EXPECT_EQ(EscapeText(""), "");
  EXPECT_EQ(EscapeText("Anna's key, room 4"), "Anna's key, room 4");
  EXPECT_EQ(EscapeText("Zoë Ångström 鍵 🔑"), "Zoë Ångström 鍵 🔑");
}

TEST(EscapeText, ShowsControlCharactersAsHex) {
  struct Case {
    std::string_view text{};
    const char* escaped = "";
  };
  for (const Case& test : {
           Case{"a\nb", "a\\x0ab"},
           Case{"\x1b[2J", "\\x1b[2J"},
           Case{std::string_view("\0", 1), "\\x00"},
           Case{"\x7f", "\\x7f"},
           Case{"\xc2\x9b"
                "2J",
                "\\xc2\\x9b2J"},  // CSI as one C1 character
           Case{"\xc2\xa0", "\xc2\xa0"},
       }) {
    EXPECT_EQ(EscapeText(test.text), test.escaped);
  }
}

TEST(EscapeText, ShowsBytesThatAreNotUtf8AsHex) {
  EXPECT_EQ(EscapeText("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(EscapeText("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
}

TEST(EscapeText, CannotBeImitated) {
  EXPECT_EQ(EscapeText("\\x1b"), "\\\\x1b");
}

TEST(BadInput, NamesWhatIsWrong) {
  EXPECT_THAT(BadInput("--server", "no port"),
              StatusIs(StatusCode::kInvalidArgument, "--server: no port"));
}

TEST(ReportProblem, WritesOneLineToStderr) {
  ::testing::internal::CaptureStderr();
  static_cast<void>(ReportProblem("pawl", NotFound("no such\ntoken")));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "pawl: no such\\x0atoken\n");
}

TEST(ReportProblem, NamesTheCodeWhenThereIsNoMessage) {
  ::testing::internal::CaptureStderr();
  static_cast<void>(
      ReportProblem("pawl", MakeStatus(StatusCode::kPermissionDenied, "")));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "pawl: permission denied\n");
}

TEST(ReportProblem, TellsBadInputFromOtherFailures) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ReportProblem("pawl", BadInput("pin", "too short")), kExitBadInput);
  EXPECT_EQ(ReportProblem("pawl", Unavailable("gone")), kExitFailed);
  EXPECT_EQ(ReportProblem("pawl", NotFound("no such token")), kExitFailed);
  static_cast<void>(::testing::internal::GetCapturedStderr());
}

}  // namespace
}  // namespace pawl::tools
