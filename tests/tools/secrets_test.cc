#include "tools/cli/secrets.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "pawl/v1/account.pb.h"
#include "pawl/v1/token.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::tools {
namespace {

using ::pawl::testing::IsOk;
using ::pawl::testing::IsOkAndHolds;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TempDir;
using ::testing::HasSubstr;

class Secrets : public ::testing::Test {
 protected:
  // A private file with these contents.
  std::string File(std::string_view contents) {
    const std::filesystem::path path = directory_ / "secrets";
    EXPECT_THAT(CreatePrivateFile(path, contents), IsOk());
    return path.native();
  }

  TempDir directory_;
};

TEST_F(Secrets, AreTheLinesOfAFile) {
  SecretSource source("--pin-file", File("1234\nab cd\r\nlast"));
  EXPECT_THAT(source.Next("one"), IsOkAndHolds(std::string("1234")));
  EXPECT_THAT(source.NextNew("two"), IsOkAndHolds(std::string("ab cd")));
  EXPECT_THAT(source.Next("three"), IsOkAndHolds(std::string("last")));
  EXPECT_THAT(source.Next("four"), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(Secrets, KeepBlanksAndCarriageReturnsInside) {
  SecretSource source("--pin-file", File(" a\rb \n"));
  EXPECT_THAT(source.Next("PIN"), IsOkAndHolds(std::string(" a\rb ")));
}

TEST_F(Secrets, AreNeverEmpty) {
  for (const char* contents : {"", "\n1234\n", "\r\n"}) {
    TempDir directory;
    const std::filesystem::path path = directory / "secrets";
    ASSERT_THAT(CreatePrivateFile(path, contents), IsOk());
    SecretSource source("--pin-file", path.native());
    EXPECT_THAT(source.Next("PIN"),
                StatusIs(StatusCode::kInvalidArgument,
                         "PIN: --pin-file has no line for it"));
  }
}

TEST_F(Secrets, ThatOthersCanReadAreRefused) {
  const std::string path = File("1234\n");
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_THAT(ReadSecretFile(path),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr(path)));
}

TEST_F(Secrets, ThatAreMissingAreBadInput) {
  EXPECT_THAT(ReadSecretFile(directory_ / "none"),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(Secrets, ThatAreNotUtf8AreRefusedWithoutBeingQuoted) {
  const std::string path = File("geheim\xff");
  EXPECT_THAT(ReadSecretFile(path),
              StatusIs(StatusCode::kInvalidArgument, path + ": not UTF-8"));
}

// Puts a file in place of the standard input for as long as it lives.
class StandardInput {
 public:
  explicit StandardInput(const std::string& path) : before_(dup(STDIN_FILENO)) {
    PAWL_CHECK(std::freopen(path.c_str(), "r", stdin) != nullptr);
  }
  ~StandardInput() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int before_;
};

TEST_F(Secrets, MayComeFromStandardInput) {
  const StandardInput input(File("1234\n5678\n"));
  SecretSource source("--pin-file", "-");
  EXPECT_THAT(source.Next("one"), IsOkAndHolds(std::string("1234")));
  EXPECT_THAT(source.Next("two"), IsOkAndHolds(std::string("5678")));
}

TEST_F(Secrets, AreLimitedTo64KiB) {
  const std::string path = (directory_ / "large").native();
  { std::ofstream(path) << std::string(64 * 1024 + 1, '1'); }
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_THAT(ReadSecretFile(path), StatusIs(StatusCode::kInvalidArgument));
  const StandardInput input(path);
  EXPECT_THAT(ReadSecretFile("-"), StatusIs(StatusCode::kInvalidArgument));
}

TEST(WipeAtEnd, EmptiesTheTextsOfAMessageAndOfMessagesInside) {
  v1::RegisterTokenRequest request;
  {
    const WipeAtEnd wipe(request);
    request.set_label("label");
    request.mutable_motp()->set_secret("0123456789abcdef");
    request.mutable_motp()->set_pin("1234");
  }
  EXPECT_EQ(request.label(), "");
  EXPECT_EQ(request.motp().secret(), "");
  EXPECT_EQ(request.motp().pin(), "");
}

TEST(WipeAtEnd, EmptiesWhatRepeats) {
  v1::CreateRecoveryCodesResponse codes;
  v1::ListTokensResponse tokens;
  {
    const WipeAtEnd wipe_codes(codes);
    const WipeAtEnd wipe_tokens(tokens);
    codes.add_codes("abcd-efgh-jkmn-pqrs");
    codes.add_codes("tvwx-yz01-2345-6789");
    tokens.add_tokens()->set_label("label");
  }
  EXPECT_EQ(codes.codes(0) + codes.codes(1), "");
  EXPECT_EQ(tokens.tokens(0).label(), "");
}

}  // namespace
}  // namespace pawl::tools
