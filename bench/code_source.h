// CodeSource: fresh codes of a population, in the order they are presented.
//
// The walk visits the tokens of one thread in a scattered order, each once
// before any comes again. A time-based token that has shown its code of the
// present step is passed over, so a load that is too fast for its population
// is made of counted codes; kinds in the report tell. Codes are made ahead with
// Prepare(), because making one costs about as much as a server's answer; when
// they are used up, each is made when it is needed.
//
// Device passwords are walked through in the same way; each may be presented
// any number of times.
//
// Thread safety: one thread at a time.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "bench/population.h"
#include "bench/positions.h"

namespace pawl::bench {

// By Population::KindOf() - 1.
using KindSet = std::bitset<kKinds>;

// One code to be presented.
struct Presentation {
  uint32_t token = 0;
  uint32_t position = 0;
  uint32_t step_of_walk = 0;
  UnixTime made{};
  std::string text{};  // what is typed
};

class CodeSource {
 public:
  struct Options {
    size_t thread = 0;  // below threads
    size_t threads = 1;
    KindSet kinds{};
    bool with_pin = true;
    bool devices = false;  // device passwords instead of codes
  };
  // The population's size must be a multiple of kKinds * threads. All must
  // outlive this.
  CodeSource(const Population& population, const Positions& positions,
             const Clock& clock, const Options& options);

  // Makes codes until `count` wait to be presented.
  [[nodiscard]] Status Prepare(size_t count);

  // What Take() will give. RESOURCE_EXHAUSTED when every token has shown its
  // code of the present step.
  [[nodiscard]] StatusOr<const Presentation*> Peek();
  // From now on the code counts as presented, also for later runs.
  [[nodiscard]] Presentation Take();

  // Codes that had to be made by Peek().
  [[nodiscard]] uint64_t made_late() const { return made_late_; }

 private:
  [[nodiscard]] uint32_t TokenAt(uint32_t step) const;
  [[nodiscard]] Status MakeOne();
  [[nodiscard]] Status Make(uint32_t token, uint32_t position, UnixTime now);
  [[nodiscard]] bool IsTooOld(const Presentation& code, UnixTime now) const;

  const Population* population_;
  const Positions* positions_;
  const Clock* clock_;
  Options options_;
  SystemRng rng_;
  uint32_t count_;              // tokens of this thread
  uint32_t stride_;             // has no divisor in common with count_
  uint32_t step_;               // of the next code to be made
  std::vector<uint32_t> next_;  // like positions, of codes that are made
  std::deque<Presentation> ready_;
  uint64_t made_late_ = 0;
};

}  // namespace pawl::bench
