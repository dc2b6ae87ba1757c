#include "validator/service/metrics.h"

#include <array>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace pawl::validator {
namespace {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;

// From a cached yes to a slow server far away, in seconds.
prometheus::Histogram::BucketBoundaries Buckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
          0.1,    0.25,  0.5,    1,     2.5,  5,     10};
}

// The checks there are.
struct CheckKind {
  db::Event event;
  std::string_view name;
};
constexpr CheckKind kKinds[] = {{db::Event::kLoginChecked, "login"},
                                {db::Event::kOtpChecked, "otp"},
                                {db::Event::kTokenResynced, "resync"},
                                {db::Event::kTokenConfirmed, "confirmation"}};

size_t IndexOf(db::Event event) {
  for (size_t i = 0; i < std::size(kKinds); ++i) {
    if (kKinds[i].event == event) {
      return i;
    }
  }
  return 0;
}

CounterFamily& AddCounters(prometheus::Registry& registry,
                           const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

HistogramFamily& AddHistograms(prometheus::Registry& registry,
                               const std::string& name,
                               const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

// A value that is read when it is asked for.
struct Watched {
  Metrics::Kind kind;
  std::string name;
  std::string help;
  std::function<double()> read;
};

prometheus::MetricFamily Read(const Watched& watched) {
  prometheus::MetricFamily family;
  family.name = watched.name;
  family.help = watched.help;
  prometheus::ClientMetric metric;
  if (watched.kind == Metrics::Kind::kCounter) {
    family.type = prometheus::MetricType::Counter;
    metric.counter.value = watched.read();
  } else {
    family.type = prometheus::MetricType::Gauge;
    metric.gauge.value = watched.read();
  }
  family.metric.push_back(std::move(metric));
  return family;
}

// Metrics of checks are found by index: by their labels it would cost a lock
// and a hash for every check.
constexpr size_t kReasons = 64;
constexpr size_t kKindCount = std::size(kKinds);
constexpr size_t kCodes = 17;

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  CounterFamily& checks = AddCounters(registry, "pawl_checks_total",
                                      "Checks with an answer, by its reason.");
  CounterFamily& failures =
      AddCounters(registry, "pawl_check_failures_total",
                  "Checks without an answer, by the gRPC code.");
  HistogramFamily& seconds = AddHistograms(registry, "pawl_check_seconds",
                                           "From the question to the answer.");
  CounterFamily& cache =
      AddCounters(registry, "pawl_cache_checks_total",
                  "Checks decided on cached rows (hit), or on rows read.");
  CounterFamily& conflicts =
      AddCounters(registry, "pawl_commit_conflicts_total",
                  "Commits that another one was faster than.");
  CounterFamily& budgets =
      AddCounters(registry, "pawl_budget_failures_total",
                  "Failures that budgets have counted, by their cause.");
  CounterFamily& upstream =
      AddCounters(registry, "pawl_upstream_requests_total",
                  "Questions to the server that knows YubiCloud keys.");
  HistogramFamily& upstream_seconds = AddHistograms(
      registry, "pawl_upstream_seconds", "How long that server took.");
  CounterFamily& http = AddCounters(registry, "pawl_http_responses_total",
                                    "Answers of the HTTP doors.");
  prometheus::Counter& cache_hit = cache.Add({{"result", "hit"}});
  prometheus::Counter& cache_miss = cache.Add({{"result", "miss"}});
  prometheus::Counter& conflict = conflicts.Add({});
  std::array<prometheus::Histogram*, kKindCount> seconds_of{};
  std::array<std::array<prometheus::Counter*, kReasons>, kKindCount>
      checks_of{};
  std::array<std::array<prometheus::Counter*, kCodes>, kKindCount>
      failures_of{};

  mutable std::mutex mutex;
  std::vector<Watched> watched;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {
  for (size_t kind = 0; kind < kKindCount; ++kind) {
    const std::string name(kKinds[kind].name);
    state_->seconds_of[kind] =
        &state_->seconds.Add({{"kind", name}}, Buckets());
    for (size_t reason = 0; reason < kReasons; ++reason) {
      const std::string_view text =
          db::ToString(static_cast<db::Reason>(reason));
      if (!text.empty()) {
        state_->checks_of[kind][reason] = &state_->checks.Add(
            {{"kind", name}, {"reason", std::string(text)}});
      }
    }
    for (size_t code = 1; code < kCodes; ++code) {
      state_->failures_of[kind][code] = &state_->failures.Add(
          {{"kind", name},
           {"code", absl::StatusCodeToString(static_cast<StatusCode>(code))}});
    }
  }

  // There from the start, so that a rate is known when they first count.
  for (int cause = 1; !db::ToString(static_cast<db::Cause>(cause)).empty();
       ++cause) {
    state_->budgets.Add(
        {{"cause", std::string(db::ToString(static_cast<db::Cause>(cause)))}});
  }
  for (const char* result : {"good", "replayed", "bad", "unavailable"}) {
    state_->upstream.Add({{"result", result}});
  }
  state_->upstream_seconds.Add({}, Buckets());
}

Metrics::~Metrics() = default;

void Metrics::CountCheck(db::Event event, db::Reason reason, Seconds took) {
  const size_t kind = IndexOf(event);
  state_->checks_of[kind].at(static_cast<size_t>(reason))->Increment();
  state_->seconds_of[kind]->Observe(took.count());
}

void Metrics::CountFailure(db::Event event, StatusCode code, Seconds took) {
  const size_t kind = IndexOf(event);
  state_->failures_of[kind].at(static_cast<size_t>(code))->Increment();
  state_->seconds_of[kind]->Observe(took.count());
}

void Metrics::CountCache(bool hit) {
  (hit ? state_->cache_hit : state_->cache_miss).Increment();
}

void Metrics::CountConflict() {
  state_->conflict.Increment();
}

void Metrics::CountBudget(db::Cause cause) {
  state_->budgets.Add({{"cause", std::string(db::ToString(cause))}})
      .Increment();
}

void Metrics::CountUpstream(std::string_view result, Seconds took) {
  state_->upstream.Add({{"result", std::string(result)}}).Increment();
  state_->upstream_seconds.Add({}, Buckets()).Observe(took.count());
}

void Metrics::CountHttp(std::string_view door, unsigned status) {
  state_->http
      .Add({{"door", std::string(door)}, {"status", std::to_string(status)}})
      .Increment();
}

void Metrics::Watch(Kind kind, const std::string& name, const std::string& help,
                    std::function<double()> read) {
  const std::lock_guard lock(state_->mutex);
  state_->watched.push_back(
      {.kind = kind, .name = name, .help = help, .read = std::move(read)});
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  const std::lock_guard lock(state_->mutex);
  for (const Watched& watched : state_->watched) {
    families.push_back(Read(watched));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace pawl::validator
