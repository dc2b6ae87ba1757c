// SecretBytes: key material in memory.
//
// Move-only, wiped when destroyed, and not printable. Its bytes come out only
// through Reveal(), which wants a KeyAccess; the one way to get a KeyAccess is
// GrantKeyAccess() in base/key_access.h, and tests/layering_test.py holds the
// list of files that may include it. "Who can read keys?" is one grep.
//
// Thread safety: like std::string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// Permission to read secrets; see base/key_access.h.
class KeyAccess {
 private:
  KeyAccess() = default;
  friend KeyAccess GrantKeyAccess();
};

class SecretBytes {
 public:
  SecretBytes() = default;
  // Takes a copy; wiping the source stays the caller's duty.
  explicit SecretBytes(std::span<const uint8_t> bytes);
  explicit SecretBytes(std::string_view bytes);
  // Takes over `bytes` without a copy.
  explicit SecretBytes(std::vector<uint8_t>&& bytes);
  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  [[nodiscard]] size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  // The bytes; valid as long as this object is neither moved nor destroyed.
  [[nodiscard]] std::span<const uint8_t> Reveal(const KeyAccess&) const {
    return bytes_;
  }
  // A copy that is a secret again.
  [[nodiscard]] SecretBytes Clone() const;

 private:
  void Wipe();
  std::vector<uint8_t> bytes_;
};

std::ostream& operator<<(std::ostream&, const SecretBytes&) = delete;

// Overwrites memory in a way the compiler may not remove. A string is empty
// afterwards.
void Wipe(std::span<uint8_t> bytes);
void Wipe(std::span<std::byte> bytes);
void Wipe(std::string& text);

// For containers of libraries that may hold a secret: overwrites what it gives
// back.
template <typename T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <typename U>  // NOLINTNEXTLINE(google-explicit-constructor)
  WipingAllocator(const WipingAllocator<U>&) {}

  [[nodiscard]] T* allocate(size_t count) {
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* items, size_t count) {
    Wipe(std::as_writable_bytes(std::span(items, count)));
    std::allocator<T>().deallocate(items, count);
  }
  friend bool operator==(const WipingAllocator&,
                         const WipingAllocator&) = default;
};

}  // namespace pawl
