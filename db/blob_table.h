// BlobTable: byte strings by name, very many of them in little memory.
//
// Bounded: when full, it drops what was not asked for since it was last passed
// over (second chance). Thread safety: none; the owner locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>

namespace pawl::db {

class BlobTable {
 public:
  // `max_bytes` bounds an estimate of the memory used; 0: nothing is kept.
  explicit BlobTable(size_t max_bytes);

  // Until the next Put(); empty when there is none.
  [[nodiscard]] std::string_view Find(std::string_view name);
  // `name` and `blob` are not empty.
  void Put(std::string_view name, std::string_view blob);
  // True when the next name is likely to put out another.
  [[nodiscard]] bool IsFull() const;

 private:
  struct Entry {
    std::unique_ptr<char[]> bytes;  // the name, then the blob; null: free
    uint32_t blob_size = 0;
    uint16_t name_size = 0;
    bool used = false;
    [[nodiscard]] std::string_view name() const;
    [[nodiscard]] std::string_view blob() const;
    [[nodiscard]] size_t Cost() const;
  };
  using Place = uint32_t;  // in entries_

  // The index holds places only; it hashes and compares the names there.
  struct NameOf {
    const std::deque<Entry>* entries;
    std::string_view operator()(Place place) const {
      return (*entries)[place].name();
    }
    std::string_view operator()(std::string_view name) const { return name; }
  };
  struct Hash {
    using is_transparent = void;
    NameOf name_of;
    template <typename Key>
    size_t operator()(const Key& key) const {
      return absl::Hash<std::string_view>()(name_of(key));
    }
  };
  struct Equal {
    using is_transparent = void;
    NameOf name_of;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return name_of(a) == name_of(b);
    }
  };

  [[nodiscard]] Place FreePlace();
  void Drop(Place place);
  void MakeRoom();

  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::deque<Entry> entries_;
  std::vector<Place> free_;
  Place hand_ = 0;  // what is looked at next to make room
  absl::flat_hash_set<Place, Hash, Equal> index_;
};

}  // namespace pawl::db
