// Worker: presents codes on one connection, and checks every verdict.
//
// Closed loop: a fixed number of questions is always outstanding. Open loop:
// each question has its time, whatever became of those before, and its latency
// counts from then on (no coordinated omission).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "bench/attempt_id.h"
#include "bench/code_source.h"
#include "bench/histogram.h"
#include "bench/transport.h"

namespace pawl::bench {

using TimePoint = std::chrono::steady_clock::time_point;

// What all workers of a run share. Thread-safe.
struct Control {
  std::atomic<bool> measuring{false};
  std::atomic<bool> stop{false};
  std::atomic<bool> failed{false};
  std::atomic<uint64_t> answers{0};  // of the whole run, for progress
  std::mutex mutex{};
  std::string problem{};  // the first; guarded by mutex

  // Ends the run.
  void Fail(const std::string& what);
};

// What was counted while Control::measuring.
struct Tally {
  Histogram latency{};  // nanoseconds
  uint64_t replays = 0;
  std::array<uint64_t, kKinds> kinds{};  // first presentations
  void Merge(const Tally& other);
};

class Worker {
 public:
  struct Options {
    uint32_t outstanding = 1;
    // Of a hundred codes this many are presented again at once, and must then
    // be refused as replayed.
    uint32_t replay_percent = 0;
    bool attempt_ids = false;
    bool devices = false;  // as in CodeSource
  };
  // All must outlive the worker.
  Worker(const Population& population, CodeSource& codes, Transport& transport,
         Control& control, const Options& options);

  // Until Control::stop and, unless the run failed, every answer is there.
  void RunClosed();
  // The first question is due at `start`.
  void RunOpen(TimePoint start, std::chrono::nanoseconds interval);

  // After the run.
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  struct Slot {
    Presentation code{};
    TimePoint due{};
    bool replay = false;
  };

  // True when a slot is free and the next code's token has none outstanding:
  // two codes of one token could overtake each other.
  [[nodiscard]] bool CanSend();
  void SendNext(TimePoint due);
  void Send(uint32_t slot);
  void Finish(const Answer& answer);
  [[nodiscard]] bool IsRight(const Slot& slot, const Answer& answer);
  void Count(const Slot& slot);
  [[nodiscard]] bool WantsReplay(const Slot& slot);
  [[nodiscard]] bool IsOver() const;
  void SendOnTime(TimePoint start, std::chrono::nanoseconds interval);

  const Population& population_;
  CodeSource& codes_;
  Transport& transport_;
  Control& control_;
  const Options options_;
  SystemRng rng_;
  AttemptIds attempt_ids_{rng_};

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<bool> outstanding_;  // by token
  uint64_t sent_ = 0;
  Tally tally_;
};

}  // namespace pawl::bench
