#include "bench/code_source.h"

#include <numeric>
#include <optional>
#include <utility>

namespace pawl::bench {
namespace {

// A code of a time-based token is good for one step more than its own, which
// is 30 seconds: older ones are not presented.
constexpr Millis kKeepsFor = std::chrono::seconds(20);

// About the golden section of `count`, which scatters best.
uint32_t StrideFor(uint32_t count) {
  auto stride = static_cast<uint32_t>(0.618 * count) | 1U;
  while (std::gcd(stride, count) != 1) {
    stride += 2;
  }
  return stride;
}

}  // namespace

CodeSource::CodeSource(const Population& population, const Positions& positions,
                       const Clock& clock, const Options& options)
    : population_(&population),
      positions_(&positions),
      clock_(&clock),
      options_(options),
      count_(population.size() / static_cast<uint32_t>(options.threads)),
      stride_(StrideFor(count_)),
      step_(positions.walk(options.thread) % count_),
      next_(positions.next().begin(), positions.next().end()) {
  PAWL_CHECK(population.size() > 0 &&
             population.size() % (kKinds * options.threads) == 0);
}

// Groups of all kinds are dealt out to the threads in turn.
uint32_t CodeSource::TokenAt(uint32_t step) const {
  const auto place = static_cast<uint32_t>(uint64_t{step} * stride_ % count_);
  const uint32_t group = place / kKinds;
  const auto dealt =
      static_cast<uint32_t>(group * options_.threads + options_.thread);
  return dealt * kKinds + place % kKinds;
}

Status CodeSource::Make(uint32_t token, uint32_t position, UnixTime now) {
  std::string text;
  if (options_.devices) {
    text = population_->DevicePasswordOf(token);
  } else {
    PAWL_ASSIGN_OR_RETURN(text,
                          population_->CodeOf(token, position, now, rng_));
  }
  if (options_.with_pin) {
    text.insert(0, population_->PinOf(token));
  }
  next_[token] = position + 1;
  ready_.push_back({.token = token,
                    .position = position,
                    .step_of_walk = step_,
                    .made = now,
                    .text = std::move(text)});
  return OkStatus();
}

Status CodeSource::MakeOne() {
  const UnixTime now = clock_->Now();
  for (uint32_t tried = 0; tried < count_; ++tried) {
    step_ = (step_ + 1) % count_;
    const uint32_t token = TokenAt(step_);
    if (!options_.kinds[token % kKinds]) {
      continue;
    }
    const uint32_t next = next_[token];
    const uint32_t position = Population::PositionAt(token, now).value_or(next);
    if (position >= next || options_.devices) {
      return Make(token, position, now);
    }
  }
  return MakeStatus(StatusCode::kResourceExhausted,
                    "every token has shown its code of this moment: more "
                    "tokens or a lower rate are needed");
}

Status CodeSource::Prepare(size_t count) {
  while (ready_.size() < count) {
    const Status made = MakeOne();
    if (made.code() == StatusCode::kResourceExhausted) {
      return OkStatus();  // time will bring the others
    }
    PAWL_RETURN_IF_ERROR(made);
  }
  return OkStatus();
}

bool CodeSource::IsTooOld(const Presentation& code, UnixTime now) const {
  return !options_.devices &&
         Population::PositionAt(code.token, now).has_value() &&
         now - code.made > kKeepsFor;
}

StatusOr<const Presentation*> CodeSource::Peek() {
  const UnixTime now = clock_->Now();
  while (!ready_.empty() && IsTooOld(ready_.front(), now)) {
    ready_.pop_front();
  }
  if (ready_.empty()) {
    PAWL_RETURN_IF_ERROR(MakeOne());
    ++made_late_;
  }
  return &ready_.front();
}

Presentation CodeSource::Take() {
  PAWL_CHECK(!ready_.empty());
  Presentation code = std::move(ready_.front());
  ready_.pop_front();
  if (!options_.devices) {  // a device password leaves the token where it is
    positions_->next()[code.token] = code.position + 1;
  }
  positions_->walk(options_.thread) = code.step_of_walk;
  return code;
}

}  // namespace pawl::bench
