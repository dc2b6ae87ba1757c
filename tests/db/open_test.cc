#include "db/open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_records.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pawl::db {
namespace {

using ::pawl::testing::InsertOf;
using ::pawl::testing::IsOk;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::StatusIs;
using ::pawl::testing::TempDir;

TEST(OpenStore, OpensMemoryAnewEachTime) {
  const std::unique_ptr<Store> store = OpenStore("memory:").value();
  EXPECT_EQ(store->Engine(), "memory");
  EXPECT_THAT(store->Commit(InsertOf(SampleAccount(5000))), IsOk());
  EXPECT_THAT(OpenStore("memory:").value()->GetAccount({5000}),
              StatusIs(StatusCode::kNotFound));
}

TEST(OpenStore, OpensTheSqliteFileOfThePath) {
  const TempDir dir;
  const std::string url = "sqlite:" + (dir / "a b?c#d.db").native();
  {
    const std::unique_ptr<Store> store = OpenStore(url).value();
    EXPECT_EQ(store->Engine(), "sqlite");
    EXPECT_THAT(store->Commit(InsertOf(SampleAccount(5000))), IsOk());
  }
  EXPECT_TRUE(std::filesystem::exists(dir / "a b?c#d.db"));
  EXPECT_THAT(OpenStore(url).value()->GetAccount({5000}), IsOk());
}

TEST(OpenStore, RefusesOtherUrls) {
  for (const char* url :
       {"", "memory", "memory:x", "sqlite", "sqlite:", "SQLITE:/x",
        "postgres:", "postgresql:x", "/var/lib/pawl.db"}) {
    EXPECT_THAT(OpenStore(url), StatusIs(StatusCode::kInvalidArgument)) << url;
  }
}

TEST(OpenStore, AMissingDirectoryIsUnavailable) {
  const TempDir dir;
  EXPECT_THAT(OpenStore("sqlite:" + (dir / "none" / "pawl.db").native()),
              StatusIs(StatusCode::kUnavailable, ::testing::HasSubstr("none")));
}

}  // namespace
}  // namespace pawl::db
