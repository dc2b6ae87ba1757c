// Breaker: keeps away from a server that does not answer.
//
// After kMostFailures in a row it is not asked for kPause; then one question
// may try, and its answer opens the way again.
//
// Thread safety: like int.
#pragma once

#include <chrono>

namespace pawl::validator {

class Breaker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kMostFailures = 3;
  static constexpr std::chrono::seconds kPause{10};

  // True when it may be asked at `now`; then Succeeded() or Failed() follows.
  [[nodiscard]] bool MayTry(Time now) {
    if (failures_ < kMostFailures) {
      return true;
    }
    if (now < closed_until_) {
      return false;
    }
    closed_until_ = now + kPause;  // for the others: one is enough
    return true;
  }
  void Succeeded() { failures_ = 0; }
  void Failed(Time now) {
    ++failures_;
    closed_until_ = now + kPause;
  }

 private:
  int failures_ = 0;
  Time closed_until_{};
};

}  // namespace pawl::validator
