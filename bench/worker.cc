#include "bench/worker.h"

#include <thread>
#include <utility>

#include <sys/prctl.h>

namespace pawl::bench {
namespace {

using std::chrono::steady_clock;

// A 24-bit code that is presented again has a chance of a few in a million to
// be, by accident, also the code of a step that is still to come.
bool CanBeReplayed(uint32_t token) {
  return Population::KindOf(token) != db::TokenKind::kMotp;
}

}  // namespace

void Control::Fail(const std::string& what) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (problem.empty()) {
    problem = what;
  }
  failed = true;
  stop = true;
}

void Tally::Merge(const Tally& other) {
  latency.Merge(other.latency);
  replays += other.replays;
  for (size_t i = 0; i < kinds.size(); ++i) {
    kinds[i] += other.kinds[i];
  }
}

Worker::Worker(const Population& population, CodeSource& codes,
               Transport& transport, Control& control, const Options& options)
    : population_(population),
      codes_(codes),
      transport_(transport),
      control_(control),
      options_(options),
      slots_(options.outstanding),
      outstanding_(population.size()) {
  for (uint32_t slot = options.outstanding; slot > 0; --slot) {
    free_.push_back(slot - 1);
  }
}

bool Worker::CanSend() {
  if (control_.stop || free_.empty()) {
    return false;
  }
  const StatusOr<const Presentation*> next = codes_.Peek();
  if (!next.ok()) {
    control_.Fail(ToString(next.status()));
    return false;
  }
  return !outstanding_[(*next)->token];
}

void Worker::SendNext(TimePoint due) {
  const uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot] = {.code = codes_.Take(), .due = due};
  outstanding_[slots_[slot].code.token] = true;
  ++sent_;
  Send(slot);
}

void Worker::Send(uint32_t slot) {
  const Presentation& code = slots_[slot].code;
  const std::string login = options_.devices
                                ? db::ToString(Population::DeviceOf(code.token))
                                : population_.LoginOf(code.token);
  const std::string attempt_id =
      options_.attempt_ids ? attempt_ids_.Next(slot) : std::string();
  transport_.Send(
      slot, {.login = login, .text = code.text, .attempt_id = attempt_id});
}

bool Worker::IsRight(const Slot& slot, const Answer& answer) {
  if (answer.error.empty() &&
      (slot.replay ? answer.verdict == v1::VERDICT_REFUSED &&
                         answer.reason == v1::REASON_REPLAYED
                   : answer.verdict == v1::VERDICT_ACCEPTED)) {
    return true;
  }
  std::string what = slot.replay ? "a used code" : "a fresh code";
  what += " of ";
  what += db::ToString(Population::KindOf(slot.code.token));
  what += " token " + std::to_string(slot.code.token) + ", position " +
          std::to_string(slot.code.position) + ": ";
  what += answer.error.empty() ? v1::Verdict_Name(answer.verdict) + ", " +
                                     v1::Reason_Name(answer.reason)
                               : answer.error;
  control_.Fail(what);
  return false;
}

void Worker::Count(const Slot& slot) {
  ++control_.answers;
  if (!control_.measuring) {
    return;
  }
  tally_.latency.Record(static_cast<uint64_t>(
      std::chrono::nanoseconds(steady_clock::now() - slot.due).count()));
  if (slot.replay) {
    ++tally_.replays;
  } else {
    ++tally_.kinds[slot.code.token % kKinds];
  }
}

bool Worker::WantsReplay(const Slot& slot) {
  return !slot.replay && CanBeReplayed(slot.code.token) &&
         sent_ % 100 < options_.replay_percent;
}

void Worker::Finish(const Answer& answer) {
  if (answer.slot >= slots_.size()) {
    control_.Fail("an answer to no question");
    return;
  }
  Slot& slot = slots_[answer.slot];
  Count(slot);
  if (IsRight(slot, answer) && WantsReplay(slot)) {
    slot.replay = true;
    slot.due = steady_clock::now();
    Send(answer.slot);
    return;
  }
  outstanding_[slot.code.token] = false;
  free_.push_back(answer.slot);
}

bool Worker::IsOver() const {
  return control_.stop && (control_.failed || free_.size() == slots_.size());
}

void Worker::RunClosed() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    while (CanSend()) {
      SendNext(steady_clock::now());
    }
    if (IsOver()) {
      return;
    }
    lock.unlock();
    const std::optional<Answer> answer = transport_.Wait();
    lock.lock();
    if (answer.has_value()) {
      Finish(*answer);
    }
  }
}

void Worker::SendOnTime(TimePoint start, std::chrono::nanoseconds interval) {
  prctl(PR_SET_TIMERSLACK, 1UL);  // nanosecond: wake up on time
  for (TimePoint due = start; !control_.stop; due += interval) {
    std::this_thread::sleep_until(due);
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return control_.stop || CanSend(); });
    if (!control_.stop) {
      SendNext(due);
    }
  }
}

void Worker::RunOpen(TimePoint start, std::chrono::nanoseconds interval) {
  std::thread sender([&] { SendOnTime(start, interval); });
  while (true) {
    const std::optional<Answer> answer = transport_.Wait();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (answer.has_value()) {
      Finish(*answer);
    }
    changed_.notify_one();
    if (IsOver()) {
      break;
    }
  }
  sender.join();
}

}  // namespace pawl::bench
