#include "db/postgres/params.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::db::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNull;
using ::testing::StrEq;
using std::string_literals::operator""s;

TEST(Params, ValuesTravelAsNumbersAndHex) {
  Params params;
  params.Int(std::numeric_limits<int64_t>::min())
      .Text("a'\"\\\0"s)
      .Null()
      .Blob("");
  EXPECT_THAT(params.Pointers(),
              ElementsAre(StrEq("-9223372036854775808"), StrEq("\\x6127225c00"),
                          IsNull(), StrEq("\\x")));
}

TEST(Arrays, RowsBecomeColumns) {
  Arrays arrays(3);
  arrays.Int(1).Text("a,{}\"").Null();
  arrays.Int(-2).Blob("").Int(7);
  Params params;
  std::move(arrays).MoveTo(params);
  EXPECT_THAT(params.Pointers(),
              ElementsAre(StrEq("{1,-2}"), StrEq(R"({"\\x612c7b7d22","\\x"})"),
                          StrEq("{NULL,7}")));
}

TEST(Arrays, NoRowsAreEmptyArrays) {
  Params params;
  Arrays(2).MoveTo(params);
  EXPECT_THAT(params.Pointers(), ElementsAre(StrEq("{}"), StrEq("{}")));
}

}  // namespace
}  // namespace pawl::db::postgres
