// Histogram: how often each latency occurred, to three significant digits,
// after HdrHistogram (hdrhistogram.org).
//
// Values below kExact have a bucket each. Above, each power of two is cut into
// kExact / 2 buckets, so that a bucket is never wider than a thousandth of its
// values. About 250 KiB, whatever is counted.
//
// Thread safety: like std::vector. Each thread fills its own; Merge() adds up.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pawl::bench {

class Histogram {
 public:
  // Larger values are counted as this one. In nanoseconds: about 18 minutes.
  static constexpr uint64_t kMax = (uint64_t{1} << 40U) - 1;

  void Record(uint64_t value) {
    const uint64_t kept = std::min(value, kMax);
    ++counts_[IndexOf(kept)];
    ++count_;
    max_ = std::max(max_, kept);
  }

  void Merge(const Histogram& other) {
    for (size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += other.counts_[i];
    }
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  [[nodiscard]] uint64_t count() const { return count_; }
  // Exact. 0 when nothing was counted, like the percentiles.
  [[nodiscard]] uint64_t max() const { return max_; }

  // The value that `percent` (0..100) of the counted ones do not exceed,
  // rounded up by less than a thousandth.
  [[nodiscard]] uint64_t Percentile(double percent) const {
    const double wanted = percent / 100.0 * static_cast<double>(count_);
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) {
        return std::min(HighestAt(i), max_);
      }
    }
    return max_;
  }

 private:
  static constexpr unsigned kExactBits = 11;
  static constexpr uint64_t kExact = uint64_t{1} << kExactBits;
  static constexpr uint64_t kHalf = kExact / 2;

  // How far a value is shifted to get below kExact.
  static constexpr unsigned ShiftOf(uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    return width <= kExactBits ? 0 : width - kExactBits;
  }
  static constexpr size_t IndexOf(uint64_t value) {
    const unsigned shift = ShiftOf(value);
    return shift * kHalf + (value >> shift);
  }
  static constexpr uint64_t HighestAt(size_t index) {
    const uint64_t shift = index < kExact ? 0 : index / kHalf - 1;
    const uint64_t top = index - shift * kHalf;
    return ((top + 1) << shift) - 1;
  }

  std::vector<uint64_t> counts_ = std::vector<uint64_t>(IndexOf(kMax) + 1);
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace pawl::bench
