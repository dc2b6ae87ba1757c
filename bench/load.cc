#include "bench/load.h"

#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "bench/calls.h"
#include "bench/cpu_probe.h"
#include "bench/stream.h"
#include "bench/unary.h"

namespace pawl::bench {
namespace {

using std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr Seconds kBetweenProgress{5};

uint32_t ThreadsFor(uint32_t outstanding) {
  return outstanding > kOutstandingPerThread ? 2 : 1;
}

template <typename Call>
std::unique_ptr<Transport> MakeTransport(const LoadOptions& options,
                                         const Target& target, uint32_t slots) {
  if (options.stream) {
    return std::make_unique<StreamTransport<Call>>(target);
  }
  return std::make_unique<UnaryTransport<Call>>(target, slots);
}

// One connection with its share of the population.
struct Lane {
  std::unique_ptr<CodeSource> codes{};
  std::unique_ptr<Transport> transport{};
  std::unique_ptr<Worker> worker{};
};

class Run {
 public:
  Run(const LoadOptions& options, const Target& target,
      const Positions& positions, CpuProbe probe)
      : options_(options),
        target_(target),
        positions_(positions),
        threads_(ThreadsFor(options.outstanding)),
        population_(options.seed, options.tokens),
        probe_(std::move(probe)),
        lanes_(threads_) {}

  StatusOr<Report> Measure();

 private:
  // Calls `body(thread)` on as many threads, and waits for them.
  template <typename Body>
  void OnThreads(Body body);
  // Makes the codes of a lane, and only then its connection.
  [[nodiscard]] Status Prepare(uint32_t thread);
  void Work(uint32_t thread, TimePoint start);
  void Sleep(double seconds);
  void Watch(Report& report);
  [[nodiscard]] StatusOr<Report> Sum(Report report) const;

  const LoadOptions& options_;
  const Target& target_;
  const Positions& positions_;
  const uint32_t threads_;
  const Population population_;
  const CpuProbe probe_;
  const SystemClock clock_;
  Control control_;
  std::vector<Lane> lanes_;
};

template <typename Body>
void Run::OnThreads(Body body) {
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < threads_; ++thread) {
    threads.emplace_back([&body, thread] { body(thread); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

Status Run::Prepare(uint32_t thread) {
  const uint32_t slots = options_.outstanding / threads_;
  Lane& lane = lanes_[thread];
  lane.codes = std::make_unique<CodeSource>(
      population_, positions_, clock_,
      CodeSource::Options{.thread = thread,
                          .threads = threads_,
                          .kinds = options_.kinds,
                          .with_pin = !options_.otp && !options_.devices,
                          .devices = options_.devices});
  PAWL_RETURN_IF_ERROR(lane.codes->Prepare(options_.prepare / threads_));
  lane.transport =
      options_.otp       ? MakeTransport<OtpCall>(options_, target_, slots)
      : options_.devices ? MakeTransport<DeviceCall>(options_, target_, slots)
                         : MakeTransport<LoginCall>(options_, target_, slots);
  lane.worker = std::make_unique<Worker>(
      population_, *lane.codes, *lane.transport, control_,
      Worker::Options{.outstanding = slots,
                      .replay_percent = options_.replay_percent,
                      .attempt_ids = options_.attempt_ids || options_.stream,
                      .devices = options_.devices});
  return OkStatus();
}

void Run::Work(uint32_t thread, TimePoint start) {
  Worker& worker = *lanes_[thread].worker;
  if (options_.rate <= 0) {
    worker.RunClosed();
    return;
  }
  const std::chrono::duration<double> between(threads_ / options_.rate);
  worker.RunOpen(start,
                 std::chrono::duration_cast<std::chrono::nanoseconds>(between));
}

// Less, when the run ends before.
void Run::Sleep(double seconds) {
  const auto begin = steady_clock::now();
  auto next_progress = begin + kBetweenProgress;
  while (!control_.stop && steady_clock::now() - begin < Seconds(seconds)) {
    const Seconds left = Seconds(seconds) - (steady_clock::now() - begin);
    std::this_thread::sleep_for(std::min(left, Seconds(0.05)));
    if (steady_clock::now() > next_progress) {
      next_progress += kBetweenProgress;
      std::cerr << "-- " << control_.answers << " answers so far\n";
    }
  }
}

// The measured window.
void Run::Watch(Report& report) {
  const CpuTimes server = probe_.Read();
  const std::chrono::microseconds client = OwnCpuTime();
  const auto begin = steady_clock::now();
  control_.measuring = true;
  Sleep(options_.seconds);
  control_.measuring = false;
  report.seconds = Seconds(steady_clock::now() - begin).count();
  report.server_cpu_us =
      static_cast<double>(Between(server, probe_.Read()).count());
  report.client_cpu_us = static_cast<double>((OwnCpuTime() - client).count());
  report.resident_kib = probe_.ResidentKib();
}

// Adds what the workers counted.
StatusOr<Report> Run::Sum(Report report) const {
  for (const Lane& lane : lanes_) {
    report.tally.Merge(lane.worker->tally());
    report.made_late += lane.codes->made_late();
  }
  const auto verdicts = static_cast<double>(report.tally.latency.count());
  if (verdicts == 0) {
    return Internal("no answer came inside the measured window");
  }
  report.server_cpu_us /= verdicts;
  report.client_cpu_us /= verdicts;
  return report;
}

StatusOr<Report> Run::Measure() {
  OnThreads([this](uint32_t thread) {
    const Status status = Prepare(thread);
    if (!status.ok()) {
      control_.Fail(ToString(status));
    }
  });
  if (control_.failed) {
    return Internal(control_.problem);
  }
  Report report{.engine = options_.engine,
                .tokens = options_.tokens,
                .form = options_.stream ? "stream" : "unary",
                .loop = options_.rate > 0 ? "open" : "closed",
                .outstanding = options_.outstanding};
  std::thread watcher([this, &report] {
    Sleep(options_.warm_up);
    Watch(report);
    control_.stop = true;
  });
  const TimePoint start = steady_clock::now();
  OnThreads([this, start](uint32_t thread) { Work(thread, start); });
  watcher.join();
  if (control_.failed) {
    return Internal(control_.problem);
  }
  return Sum(std::move(report));
}

// Only these tokens name themselves in their codes.
Status CheckKinds(const LoadOptions& options) {
  const bool named = !options.kinds[2] && !options.kinds[3];
  if (options.otp && !named) {
    return InvalidField("--kinds",
                        "with ValidateOtp only yubico and hotp, whose codes "
                        "name their token");
  }
  return options.kinds.any() ? OkStatus()
                             : InvalidField("--kinds", "names none");
}

Status Check(const LoadOptions& options) {
  PAWL_RETURN_IF_ERROR(CheckKinds(options));
  if (options.tokens % (kKinds * 2) != 0 || options.tokens == 0) {
    return InvalidField("--tokens", "must be a multiple of 8");
  }
  if (options.outstanding == 0 ||
      options.outstanding % ThreadsFor(options.outstanding) != 0) {
    return InvalidField("--outstanding", "must be even above 128");
  }
  return OkStatus();
}

}  // namespace

StatusOr<Report> RunLoad(const LoadOptions& options) {
  PAWL_RETURN_IF_ERROR(Check(options));
  PAWL_ASSIGN_OR_RETURN(const Target target, Target::Open(options.target));
  PAWL_ASSIGN_OR_RETURN(CpuProbe probe, CpuProbe::For(options.cpu_of));
  PAWL_ASSIGN_OR_RETURN(
      const Positions positions,
      Positions::Open(options.state, Population(options.seed, options.tokens)));
  return Run(options, target, positions, std::move(probe)).Measure();
}

}  // namespace pawl::bench
