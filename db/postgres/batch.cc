#include "db/postgres/batch.h"

#include <vector>

#include "db/postgres/apply_commit.h"
#include "db/postgres/hot_commits.h"
#include "db/postgres/plan.h"

namespace pawl::db::postgres {
namespace {

class Batch {
 public:
  Batch(Connection& connection, std::chrono::milliseconds patience,
        std::span<const Commit* const> commits, std::span<Status> results)
      : connection_(connection),
        end_(Clock::now() + patience),
        commits_(commits),
        results_(results) {}

  void Run() {
    for (const Wave& wave : Plan(commits_)) {
      if (Clock::now() >= end_) {
        Fail(wave.places, OutOfTime());
      } else if (wave.hot) {
        WriteWave(wave.places);
      } else {
        const size_t place = wave.places.front();
        results_[place] = ApplyCommit(connection_, *commits_[place]);
      }
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Places = std::span<const size_t>;

  // A refused statement wrote nothing: then each for itself, so that none is
  // kept by another.
  void WriteWave(Places places) {
    const Status status = TryWave(places);
    if (status.ok()) {
      return;
    }
    if (places.size() == 1 || connection_.sqlstate().empty()) {
      Fail(places, status);
      return;
    }
    for (size_t i = 0; i < places.size(); ++i) {
      const Places alone = places.subspan(i, 1);
      const Status result = Clock::now() < end_ ? TryWave(alone) : OutOfTime();
      if (!result.ok()) {
        Fail(alone, result);
      }
    }
  }

  Status TryWave(Places places) {
    std::vector<const Commit*> commits;
    for (const size_t place : places) {
      commits.push_back(commits_[place]);
    }
    StatusOr<std::vector<size_t>> lost = WriteHot(connection_, commits);
    for (int tries = 1;
         places.size() == 1 && ShallRetry(connection_.sqlstate(), tries);
         ++tries) {
      lost = WriteHot(connection_, commits);
    }
    PAWL_RETURN_IF_ERROR(lost);
    for (const size_t place : *lost) {
      results_[places[place]] = Aborted("a row changed since it was read");
    }
    return OkStatus();
  }

  void Fail(Places places, const Status& status) {
    for (const size_t place : places) {
      results_[place] = status;
    }
  }

  static Status OutOfTime() {
    return Unavailable("postgresql: the commits before took too long");
  }

  Connection& connection_;
  const Clock::time_point end_;
  const std::span<const Commit* const> commits_;
  const std::span<Status> results_;
};

}  // namespace

void WriteBatch(Connection& connection, std::chrono::milliseconds patience,
                std::span<const Commit* const> commits,
                std::span<Status> results) {
  Batch(connection, patience, commits, results).Run();
}

}  // namespace pawl::db::postgres
