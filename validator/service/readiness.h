// Readiness: a thread that proves the store's write path every few seconds.
//
// "Ready" means that a real durable write succeeded at the last probe. The
// probe also removes attempts that have expired. A change of state is logged
// and handed to `on_change` on the probing thread.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "base/periodic.h"
#include "base/status.h"
#include "base/time.h"
#include "db/store.h"

namespace pawl::validator {

class Readiness {
 public:
  // Not ready yet. `store` and `clock` must outlive it.
  Readiness(db::Store& store, const Clock& clock);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Probes once before it returns, then every `interval` until Stop(). Called
  // once.
  void Start(Millis interval, std::function<void(bool ready)> on_change);
  // Ends probing; on_change is not called any more.
  void Stop();

  // The result of the last probe.
  [[nodiscard]] Status Last() const;

 private:
  void Probe();

  db::Store* store_;
  const Clock* clock_;
  std::function<void(bool)> on_change_;
  mutable std::mutex mutex_;
  Status last_;
  std::optional<Periodic> probing_;
};

}  // namespace pawl::validator
