// FakeClock: time stands still until a test moves it.
//
// Thread-safe.
#pragma once

#include <atomic>

#include "base/time.h"

namespace pawl::testing {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(UnixTime now = FromUnixMillis(1'700'000'000'000))
      : now_(ToUnixMillis(now)) {}

  [[nodiscard]] UnixTime Now() const override { return FromUnixMillis(now_); }
  void Set(UnixTime now) { now_ = ToUnixMillis(now); }
  void Advance(Millis by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_;
};

}  // namespace pawl::testing
