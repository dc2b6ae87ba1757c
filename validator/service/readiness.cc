#include "validator/service/readiness.h"

#include <utility>

#include "base/log.h"

namespace pawl::validator {

Readiness::Readiness(db::Store& store, const Clock& clock)
    : store_(&store), clock_(&clock), last_(Unavailable("not probed yet")) {}

Readiness::~Readiness() {
  Stop();
}

void Readiness::Start(Millis interval, std::function<void(bool)> on_change) {
  on_change_ = std::move(on_change);
  Probe();
  probing_.emplace("readiness", interval, [this] { Probe(); });
}

void Readiness::Stop() {
  if (probing_.has_value()) {
    probing_->Stop();
  }
}

Status Readiness::Last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return last_;
}

void Readiness::Probe() {
  const Status now = store_->Tend(clock_->Now());
  bool changed = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    changed = now.ok() != last_.ok();
    last_ = now;
  }
  if (!changed) {
    return;
  }
  Log(now.ok() ? Severity::kInfo : Severity::kError,
      now.ok() ? "store_ready" : "store_not_ready")
      .With("status", ToString(now));
  on_change_(now.ok());
}

}  // namespace pawl::validator
