#include "db/postgres/plan.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "db/row_change.h"

namespace pawl::db::postgres {
namespace {

// What hot_commits.cc writes: whatever else a record has or will have must stay
// as it is.
constexpr std::string_view kHotColumns[] = {
    "version",      "position", "drift",     "failures",
    "last_failure", "modified", "last_used", "nonce_mark"};

template <typename Record>
constexpr ColumnSet HotColumns() {
  ColumnSet columns = 0;
  for (size_t i = 0; i < RowChange<Record>::kColumns; ++i) {
    if (std::find(std::begin(kHotColumns), std::end(kHotColumns),
                  Table<Record>::kColumns[i]) != std::end(kHotColumns)) {
      columns |= ColumnSet{1} << i;
    }
  }
  return columns;
}

template <typename Record>
bool IsHotChange(const Record& before, const Record& after) {
  return (RowChange<Record>(before, after).columns() & ~HotColumns<Record>()) ==
         0;
}

template <typename Record>
bool AreHot(const std::vector<Write<Record>>& writes) {
  for (auto write = writes.begin(); write != writes.end(); ++write) {
    if (!write->before.has_value() || !write->after.has_value() ||
        !IsHotChange(*write->before, *write->after) ||
        std::any_of(writes.begin(), write, [&](const auto& earlier) {
          return earlier.after->id == write->after->id;
        })) {
      return false;
    }
  }
  return true;
}

// In which wave a row or an attempt key was last written or read.
template <typename Key>
class LastTouched {
 public:
  // The first wave in which it may be written or read now.
  [[nodiscard]] size_t FirstForWrite(const Key& key) const {
    const auto found = touched_.find(key);
    return found == touched_.end()
               ? 0
               : std::max(found->second.written, found->second.read);
  }
  [[nodiscard]] size_t FirstForRead(const Key& key) const {
    const auto found = touched_.find(key);
    return found == touched_.end() ? 0 : found->second.written;
  }
  void Write(const Key& key, size_t wave) { touched_[key].written = wave + 1; }
  void Read(const Key& key, size_t wave) {
    size_t& read = touched_[key].read;
    read = std::max(read, wave);
  }

 private:
  struct Waves {
    size_t written = 0;  // one past the last
    size_t read = 0;
  };
  std::unordered_map<Key, Waves> touched_;
};

class Planner {
 public:
  void Add(size_t place, const Commit& commit) {
    if (!IsHot(commit)) {
      waves_.push_back({.hot = false, .places = {place}});
      first_ = waves_.size();
      return;
    }
    size_t wave = first_;
    ForEachTouch(commit, [&](auto& touched, const auto& key, bool write) {
      wave = std::max(
          wave, write ? touched.FirstForWrite(key) : touched.FirstForRead(key));
    });
    ForEachTouch(commit, [&](auto& touched, const auto& key, bool write) {
      write ? touched.Write(key, wave) : touched.Read(key, wave);
    });
    if (wave == waves_.size()) {
      waves_.push_back({.hot = true});
    }
    waves_[wave].places.push_back(place);
  }

  std::vector<Wave> Take() && { return std::move(waves_); }

 private:
  // Calls visit(map, key, write) for all that a hot commit touches.
  template <typename Visit>
  void ForEachTouch(const Commit& commit, Visit visit) {
    for (const auto& guard : commit.account_guards) {
      visit(accounts_, guard.id.value, false);
    }
    for (const auto& guard : commit.token_guards) {
      visit(tokens_, guard.id.value, false);
    }
    for (const auto& write : commit.accounts) {
      visit(accounts_, write.after->id.value, true);
    }
    for (const auto& write : commit.tokens) {
      visit(tokens_, write.after->id.value, true);
    }
    if (commit.attempt.has_value()) {
      visit(attempts_, std::string_view(commit.attempt->key), true);
    }
  }

  std::vector<Wave> waves_;
  size_t first_ = 0;  // the first wave that comes after all cold commits
  LastTouched<uint64_t> accounts_;
  LastTouched<uint64_t> tokens_;
  LastTouched<std::string_view> attempts_;
};

}  // namespace

bool IsHot(const Commit& commit) {
  return commit.clients.empty() && commit.devices.empty() &&
         commit.budgets.empty() && commit.device_guards.empty() &&
         AreHot(commit.accounts) && AreHot(commit.tokens);
}

std::vector<Wave> Plan(std::span<const Commit* const> commits) {
  Planner planner;
  for (size_t place = 0; place < commits.size(); ++place) {
    planner.Add(place, *commits[place]);
  }
  return std::move(planner).Take();
}

}  // namespace pawl::db::postgres
