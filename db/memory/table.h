// Table: the rows of one kind in memory, with indexes and a way back.
//
// Every change is kept in a journal until Keep() or Undo(), so that a commit
// that fails half-way leaves nothing.
//
// Thread safety: none; the owner locks.
#pragma once

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "db/record.h"

namespace pawl::db::memory {

// One secondary index: the key of a record, empty when it is not indexed.
template <typename Record>
struct Index {
  std::string_view name;
  bool unique = true;
  std::string (*key)(const Record&) = nullptr;
};

template <typename Record, size_t kIndexes>
class Table {
 public:
  using Indexes = std::array<Index<Record>, kIndexes>;
  explicit Table(const Indexes& indexes) : indexes_(indexes) {}

  [[nodiscard]] const Record* Find(uint64_t id) const {
    const auto found = rows_.find(id);
    return found == rows_.end() ? nullptr : &found->second;
  }

  // Rows with a key at or above `from`, or above it, in key order, while
  // `visit(key, row)` returns true.
  template <typename Visit>
  void Scan(size_t index, std::string_view from, bool after,
            Visit visit) const {
    const uint64_t id = after ? std::numeric_limits<uint64_t>::max() : 0;
    const auto& keys = keys_[index];
    for (auto it = keys.lower_bound(Key(from, id)); it != keys.end(); ++it) {
      if (!visit(it->first, rows_.at(it->second))) {
        return;
      }
    }
  }

  // The rows above `after` that `wanted` lets through, in id order.
  template <typename Wanted>
  [[nodiscard]] std::vector<Record> Page(uint64_t after, size_t limit,
                                         Wanted wanted) const {
    std::vector<Record> page;
    for (auto it = rows_.upper_bound(after);
         it != rows_.end() && page.size() < limit; ++it) {
      if (wanted(it->second)) {
        page.push_back(it->second);
      }
    }
    return page;
  }

  // The rows under `key`, by id.
  [[nodiscard]] std::vector<Record> Under(size_t index,
                                          std::string_view key) const {
    std::vector<Record> rows;
    Scan(index, key, false, [&](const std::string& at, const Record& row) {
      if (at == key) {
        rows.push_back(row);
      }
      return at == key;
    });
    return rows;
  }

  // Nothing is found by an empty key.
  [[nodiscard]] const Record* FindBy(size_t index, std::string_view key) const {
    const Record* found = nullptr;
    Scan(index, key, false, [&](const std::string& at, const Record& row) {
      found = at == key ? &row : nullptr;
      return false;
    });
    return found;
  }

  Status Insert(const Record& record) {
    if (Find(record.id.value) != nullptr) {
      return AlreadyExists("id is taken");
    }
    return Put(record);
  }

  Status Replace(uint64_t version, const Record& record) {
    PAWL_RETURN_IF_ERROR(CheckVersion(record.id.value, version));
    return Put(record);
  }

  Status Remove(uint64_t id, uint64_t version) {
    PAWL_RETURN_IF_ERROR(CheckVersion(id, version));
    Set(id, std::nullopt);
    return OkStatus();
  }

  [[nodiscard]] Status CheckVersion(uint64_t id, uint64_t version) const {
    const Record* record = Find(id);
    return record != nullptr && record->version == version
               ? OkStatus()
               : Aborted("a row changed since it was read");
  }

  // At once, without a way back.
  template <typename Wanted>
  void RemoveIf(Wanted wanted) {
    for (auto row = rows_.begin(); row != rows_.end();) {
      const auto next = std::next(row);
      if (wanted(row->second)) {
        Overwrite(row->first, std::nullopt);
      }
      row = next;
    }
  }

  void Keep() { journal_.clear(); }

  void Undo() {
    while (!journal_.empty()) {
      auto [id, record] = std::move(journal_.back());
      journal_.pop_back();
      Overwrite(id, std::move(record));
    }
  }

 private:
  using Key = std::pair<std::string, uint64_t>;

  Status Put(const Record& record) {
    for (size_t i = 0; i < kIndexes; ++i) {
      const std::string key = indexes_[i].key(record);
      if (!indexes_[i].unique || key.empty()) {
        continue;
      }
      const Record* other = FindBy(i, key);
      if (other != nullptr && other->id != record.id) {
        return AlreadyExists(std::string(indexes_[i].name) + " is taken");
      }
    }
    Set(record.id.value, record);
    return OkStatus();
  }

  void Set(uint64_t id, std::optional<Record> record) {
    const Record* before = Find(id);
    journal_.emplace_back(
        id, before == nullptr ? std::nullopt : std::optional(*before));
    Overwrite(id, std::move(record));
  }

  void Overwrite(uint64_t id, std::optional<Record> record) {
    const auto old = rows_.find(id);
    for (size_t i = 0; i < kIndexes; ++i) {
      if (old != rows_.end()) {
        keys_[i].erase(Key(indexes_[i].key(old->second), id));
      }
      if (record.has_value() && !indexes_[i].key(*record).empty()) {
        keys_[i].emplace(indexes_[i].key(*record), id);
      }
    }
    if (record.has_value()) {
      rows_.insert_or_assign(id, *std::move(record));
    } else {
      rows_.erase(id);
    }
  }

  Indexes indexes_;
  std::map<uint64_t, Record> rows_;
  std::array<std::set<Key>, kIndexes> keys_;
  std::vector<std::pair<uint64_t, std::optional<Record>>> journal_;
};

}  // namespace pawl::db::memory
