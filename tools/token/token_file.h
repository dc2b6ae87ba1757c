// The file a software token lives in: one JSON document, for its owner only.
//
//   { "registration": { RegisterTokenRequest }, "yubico": { counters } }
#pragma once

#include <filesystem>

#include "base/status.h"
#include "tools/token/software_token.h"

namespace pawl::tools {

// Writes a new file. ALREADY_EXISTS when there is one: a token is never
// overwritten.
[[nodiscard]] Status CreateTokenFile(const std::filesystem::path& path,
                                     const SoftwareToken& token);

// Reads the token as it is at the moment.
[[nodiscard]] StatusOr<SoftwareToken> ReadTokenFile(
    const std::filesystem::path& path);

// A token file that no other process can change while this lives. Makes two
// processes take turns, so that no counter is used twice.
class LockedTokenFile {
 public:
  // Waits for the lock as long as it takes.
  [[nodiscard]] static StatusOr<LockedTokenFile> Open(
      const std::filesystem::path& path);
  ~LockedTokenFile();
  LockedTokenFile(LockedTokenFile&& other) noexcept;
  LockedTokenFile& operator=(LockedTokenFile&&) = delete;
  LockedTokenFile(const LockedTokenFile&) = delete;
  LockedTokenFile& operator=(const LockedTokenFile&) = delete;

  // Replaces the contents in one step. When this returns OK, they are durable.
  [[nodiscard]] Status Save(const SoftwareToken& token) const;

 private:
  LockedTokenFile(std::filesystem::path path, int fd);

  std::filesystem::path path_;
  int fd_;
};

}  // namespace pawl::tools
