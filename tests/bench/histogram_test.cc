#include "bench/histogram.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace pawl::bench {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.Percentile(50), 0U);
}

TEST(Histogram, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (uint64_t value = 0; value < 2048; ++value) {
    histogram.Record(value);
  }
  EXPECT_EQ(histogram.Percentile(0), 0U);
  EXPECT_EQ(histogram.Percentile(50), 1023U);
  EXPECT_EQ(histogram.Percentile(75), 1535U);
  EXPECT_EQ(histogram.Percentile(100), 2047U);
}

// One value in each place where buckets begin, end or get wider.
TEST(Histogram, KeepsThreeDigitsOfEveryValue) {
  for (unsigned bit = 0; bit < 40; ++bit) {
    const uint64_t power = uint64_t{1} << bit;
    for (const uint64_t value : {power - 1, power, power + 1}) {
      Histogram histogram;
      histogram.Record(value);
      histogram.Record(Histogram::kMax);  // else max() would be the answer
      const uint64_t found = histogram.Percentile(50);
      EXPECT_GE(found, value);
      EXPECT_LE(found - value, value / 1000) << value;
    }
  }
}

TEST(Histogram, AgreesWithSortingOnRandomValues) {
  std::mt19937_64 random(7);
  std::vector<uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(random() >> (24U + random() % 40U));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto place = static_cast<size_t>(percent * 1000.0) - 1;
    const uint64_t found = histogram.Percentile(percent);
    EXPECT_GE(found, values[place]) << percent;
    EXPECT_LE(found - values[place], values[place] / 1000) << percent;
  }
  EXPECT_EQ(histogram.Percentile(100), values.back());
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(Histogram, CutsWhatIsTooLarge) {
  Histogram histogram;
  histogram.Record(UINT64_MAX);
  EXPECT_EQ(histogram.max(), Histogram::kMax);
  EXPECT_EQ(histogram.Percentile(50), Histogram::kMax);
}

TEST(Histogram, MergesAnother) {
  Histogram low;
  Histogram high;
  low.Record(1);
  low.Record(2);
  high.Record(1000);
  high.Record(2000);
  low.Merge(high);
  EXPECT_EQ(low.count(), 4U);
  EXPECT_EQ(low.max(), 2000U);
  EXPECT_EQ(low.Percentile(50), 2U);
  EXPECT_EQ(low.Percentile(75), 1000U);
}

}  // namespace
}  // namespace pawl::bench
