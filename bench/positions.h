// Positions: for each token of a population, the first position of which no
// code was presented yet.
//
// A mapped file, so that what was presented is remembered however the program
// ends, and the next run goes on after it. One file belongs to one store.
//
// Thread safety: different tokens may be used by different threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/file.h"
#include "base/status.h"
#include "bench/population.h"

namespace pawl::bench {

class Positions {
 public:
  // Makes the file when it is missing: all at 0. FAILED_PRECONDITION when it
  // belongs to another population or another program uses it.
  [[nodiscard]] static StatusOr<Positions> Open(
      const std::filesystem::path& path, const Population& population);
  ~Positions();
  Positions(Positions&& other) noexcept;
  Positions& operator=(Positions&&) = delete;
  Positions(const Positions&) = delete;
  Positions& operator=(const Positions&) = delete;

  [[nodiscard]] std::span<uint32_t> next() const;
  // Where the walk through the population goes on, for each of its threads.
  [[nodiscard]] uint32_t& walk(size_t thread) const;

 private:
  static constexpr size_t kMaxThreads = 14;

  struct Header {
    uint64_t mark = 0;
    uint32_t walk[kMaxThreads] = {};
  };
  Positions(FileLock lock, void* memory, size_t size)
      : lock_(std::move(lock)), memory_(memory), size_(size) {}

  FileLock lock_;
  void* memory_;
  size_t size_;
};

}  // namespace pawl::bench
