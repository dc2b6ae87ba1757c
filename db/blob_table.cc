#include "db/blob_table.h"

#include <algorithm>
#include <limits>

namespace pawl::db {
namespace {

// The share of the index, and of what an allocation is rounded up by.
constexpr size_t kOverhead = 32;

}  // namespace

std::string_view BlobTable::Entry::name() const {
  return {bytes.get(), name_size};
}

std::string_view BlobTable::Entry::blob() const {
  return {bytes.get() + name_size, blob_size};
}

size_t BlobTable::Entry::Cost() const {
  return sizeof(Entry) + name_size + blob_size + kOverhead;
}

BlobTable::BlobTable(size_t max_bytes)
    : max_bytes_(max_bytes), index_(0, Hash{{&entries_}}, Equal{{&entries_}}) {}

std::string_view BlobTable::Find(std::string_view name) {
  const auto found = index_.find(name);
  if (found == index_.end()) {
    return {};
  }
  entries_[*found].used = true;
  return entries_[*found].blob();
}

void BlobTable::Put(std::string_view name, std::string_view blob) {
  if (const auto found = index_.find(name); found != index_.end()) {
    Entry& entry = entries_[*found];
    if (entry.blob_size == blob.size()) {
      std::copy(blob.begin(), blob.end(), entry.bytes.get() + name.size());
      return;
    }
    Drop(*found);
  }
  if (name.size() > std::numeric_limits<uint16_t>::max() ||
      blob.size() > max_bytes_) {
    return;
  }
  const Place place = FreePlace();
  Entry& entry = entries_[place];
  // Not make_unique, which would clear it first.
  entry.bytes.reset(new char[name.size() + blob.size()]);
  entry.name_size = static_cast<uint16_t>(name.size());
  entry.blob_size = static_cast<uint32_t>(blob.size());
  std::copy(blob.begin(), blob.end(),
            std::copy(name.begin(), name.end(), entry.bytes.get()));
  bytes_ += entry.Cost();
  index_.insert(place);
  MakeRoom();
}

bool BlobTable::IsFull() const {
  constexpr size_t kOneMore = 1024;
  return bytes_ + kOneMore > max_bytes_;
}

BlobTable::Place BlobTable::FreePlace() {
  if (free_.empty()) {
    entries_.emplace_back();
    return static_cast<Place>(entries_.size() - 1);
  }
  const Place place = free_.back();
  free_.pop_back();
  return place;
}

void BlobTable::Drop(Place place) {
  index_.erase(place);
  bytes_ -= entries_[place].Cost();
  entries_[place] = {};
  free_.push_back(place);
}

void BlobTable::MakeRoom() {
  while (bytes_ > max_bytes_) {
    Entry& entry = entries_[hand_];
    if (entry.bytes != nullptr && !entry.used) {
      Drop(hand_);
    }
    entry.used = false;
    hand_ = hand_ + 1 < entries_.size() ? hand_ + 1 : 0;
  }
}

}  // namespace pawl::db
