#include "bench/positions.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

#include <sys/mman.h>

namespace pawl::bench {
namespace {

// Maps the first `size` bytes of the file; nullptr when that fails.
void* Map(const std::filesystem::path& path, size_t size) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return nullptr;
  }
  void* memory = nullptr;
  if (ftruncate(fd, static_cast<off_t>(size)) == 0) {
    memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  close(fd);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

StatusOr<Positions> Positions::Open(const std::filesystem::path& path,
                                    const Population& population) {
  const std::string lock_path = path.string() + ".lock";
  PAWL_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(lock_path));
  const size_t size = sizeof(Header) + population.size() * sizeof(uint32_t);
  std::error_code ignored;
  const auto stored = std::filesystem::file_size(path, ignored);
  if (!ignored && stored != size) {
    return FailedPrecondition(path.string() + " is of another population");
  }
  void* memory = Map(path, size);
  if (memory == nullptr) {
    return FailedPrecondition("cannot map " + path.string());
  }
  Positions positions(std::move(lock), memory, size);
  uint64_t& mark = static_cast<Header*>(memory)->mark;
  if (mark != 0 && mark != population.Mark()) {
    return FailedPrecondition(path.string() + " is of another population");
  }
  mark = population.Mark();
  return positions;
}

Positions::Positions(Positions&& other) noexcept
    : lock_(std::move(other.lock_)),
      memory_(std::exchange(other.memory_, nullptr)),
      size_(other.size_) {}

Positions::~Positions() {
  if (memory_ != nullptr) {
    munmap(memory_, size_);
  }
}

std::span<uint32_t> Positions::next() const {
  auto* first = reinterpret_cast<uint32_t*>(static_cast<Header*>(memory_) + 1);
  return {first, (size_ - sizeof(Header)) / sizeof(uint32_t)};
}

uint32_t& Positions::walk(size_t thread) const {
  PAWL_CHECK(thread < kMaxThreads);
  return static_cast<Header*>(memory_)->walk[thread];
}

}  // namespace pawl::bench
