// Metrics: what operators watch, counted where it happens, in the text form of
// Prometheus. docs/operations.md tells what each one means.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "db/record.h"

namespace pawl::validator {

class Metrics {
 public:
  using Seconds = std::chrono::duration<double>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A check that has an answer, or none.
  void CountCheck(db::Event event, db::Reason reason, Seconds took);
  void CountFailure(db::Event event, StatusCode code, Seconds took);
  // A check that was decided on cached rows alone, or had to read.
  void CountCache(bool hit);
  // A commit that another one was faster than.
  void CountConflict();
  // A failure that a budget has counted.
  void CountBudget(db::Cause cause);
  // A question to the server that validates others' keys. `result`: "good",
  // "replayed", "bad", or why there was no answer.
  void CountUpstream(std::string_view result, Seconds took);
  // An answer of an HTTP door.
  void CountHttp(std::string_view door, unsigned status);

  // What is read when it is asked for: `read` gives the value of now.
  enum class Kind { kCounter, kGauge };
  void Watch(Kind kind, const std::string& name, const std::string& help,
             std::function<double()> read);

  // All of them, in the text form of Prometheus (version 0.0.4).
  [[nodiscard]] std::string Text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pawl::validator
