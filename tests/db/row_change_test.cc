#include "db/row_change.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sql.h"
#include "tests/support/sample_records.h"

namespace pawl::db {
namespace {

using ::pawl::testing::Edited;
using ::pawl::testing::SampleAccount;
using ::pawl::testing::SampleBudget;
using ::pawl::testing::SampleDevice;
using ::pawl::testing::SampleToken;
using ::testing::ElementsAre;

// What is bound, as text.
class Recorder {
 public:
  void Int(int64_t value) { bound.push_back(std::to_string(value)); }
  void Text(std::string_view value) {
    bound.push_back("t:" + std::string(value));
  }
  void Blob(std::string_view value) {
    bound.push_back("b:" + std::string(value));
  }
  void Null() { bound.push_back("null"); }
  std::vector<std::string> bound;
};

template <typename Record>
std::vector<std::string> BoundBy(const Record& before, const Record& after) {
  Recorder recorder;
  RowChange<Record>(before, after).Bind(recorder);
  return recorder.bound;
}

template <typename Record>
std::string SqlFor(const Record& before, const Record& after) {
  return UpdateSql<Record, '?'>(RowChange<Record>(before, after).columns());
}

TEST(RowChange, WritesOnlyWhatDiffers) {
  const AccountRecord before = SampleAccount(5000);
  AccountRecord after = before;
  after.version = before.version + 1;
  after.throttle.failures = 7;
  EXPECT_EQ(SqlFor(before, after),
            "UPDATE account SET version = ?1, failures = ?2"
            " WHERE id = ?3 AND version = ?4");
  EXPECT_THAT(BoundBy(before, after),
              ElementsAre(std::to_string(before.version + 1), "7", "5000",
                          std::to_string(before.version)));
}

TEST(RowChange, KnowsNullFromEmptyAndTextFromBlob) {
  const AccountRecord before = SampleAccount(5000);
  AccountRecord after = before;
  after.pin_mac.clear();
  after.login = "new";
  EXPECT_EQ(SqlFor(before, after),
            "UPDATE account SET pin_mac = ?1, login = ?2"
            " WHERE id = ?3 AND version = ?4");
  EXPECT_THAT(
      BoundBy(before, after),
      ElementsAre("null", "t:new", "5000", std::to_string(before.version)));
}

TEST(RowChange, OfADeviceThatIsUsedIsShort) {
  const DeviceRecord before = SampleDevice(8000, {5000});
  const DeviceRecord after = Edited(before, [](DeviceRecord& device) {
    device.expires = std::nullopt;
    device.last_used = FromUnixMillis(77);
    device.last_address = "192.0.2.2";
  });
  EXPECT_EQ(SqlFor(before, after),
            "UPDATE device SET version = ?1, expires = ?2, last_used = ?3,"
            " last_address = ?4 WHERE id = ?5 AND version = ?6");
  EXPECT_THAT(BoundBy(before, after),
              ElementsAre("2", "null", "77", "t:192.0.2.2", "8000", "1"));
}

TEST(RowChange, OfABudgetIsItsCount) {
  const BudgetRecord before = SampleBudget(9000);
  const BudgetRecord after = Edited(
      before, [](BudgetRecord& budget) { budget.throttle.failures = 3; });
  EXPECT_EQ(SqlFor(before, after),
            "UPDATE budget SET version = ?1, failures = ?2"
            " WHERE id = ?3 AND version = ?4");
  EXPECT_THAT(BoundBy(before, after), ElementsAre("2", "3", "9000", "1"));
}

TEST(RowChange, KnowsTheNewColumns) {
  const AccountRecord before = SampleAccount(5000);
  const AccountRecord after = Edited(before, [](AccountRecord& account) {
    account.policy = AccountPolicy::kOtpOnly;
    account.device_passwords = true;
    account.password.clear();
    account.spare_codes.clear();
  });
  EXPECT_THAT(BoundBy(before, after),
              ElementsAre("2", "4", "1", "null", "null", "5000", "1"));
}

TEST(RowChange, APositionIsAlwaysGuarded) {
  const TokenRecord before = SampleToken(6000);
  TokenRecord after = before;
  after.label = "other";
  EXPECT_EQ(SqlFor(before, after),
            "UPDATE token SET position = ?1, label = ?2 WHERE id = ?3 AND"
            " version = ?4 AND (position IS NULL OR position <= ?1)");
}

TEST(RowChange, MadeSqlIsTheSame) {
  const ColumnSet columns = 0b110;
  EXPECT_EQ((MadeUpdateSql<TokenRecord, '$'>(columns)),
            (UpdateSql<TokenRecord, '$'>(columns)));
  EXPECT_EQ((MadeUpdateSql<TokenRecord, '$'>(columns)),
            (UpdateSql<TokenRecord, '$'>(columns)));
}

}  // namespace
}  // namespace pawl::db
