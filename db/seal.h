// Sealer: secrets at rest.
//
// AES-256-GCM under a master key from a file. The additional data is table,
// row id and kind, so a sealed text opens only in its own row (I9). Form:
// version byte, 4-byte master key id, 12-byte nonce, ciphertext, 16-byte tag.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/secret.h"
#include "base/status.h"

namespace pawl::db {

// Where a sealed text lives; it opens nowhere else.
struct SealContext {
  std::string_view table;
  uint64_t row = 0;
  std::string_view kind{};
};

class Sealer {
 public:
  static constexpr size_t kMasterKeySize = 32;

  // Takes a 32-byte key. `rng` must outlive the sealer.
  [[nodiscard]] static StatusOr<Sealer> Create(SecretBytes master_key,
                                               Rng& rng);
  // Reads the key file (64 hex digits and a line end, mode 0600).
  // With `create`, makes it first when it is missing.
  [[nodiscard]] static StatusOr<Sealer> FromFile(
      const std::filesystem::path& path, bool create, Rng& rng);

  [[nodiscard]] std::string Seal(const SealContext& context,
                                 const SecretBytes& secret) const;
  // DATA_LOSS when `sealed` was changed, moved from another row, or sealed
  // under another master key; the message names the context and, in the last
  // case, both key ids.
  [[nodiscard]] StatusOr<SecretBytes> Open(const SealContext& context,
                                           std::string_view sealed) const;

  // Eight hex digits that name the master key without revealing it.
  [[nodiscard]] const std::string& key_id() const { return key_id_; }

 private:
  Sealer(SecretBytes master_key, std::string key_id, Rng& rng);
  SecretBytes master_key_;
  std::string key_id_;
  Rng* rng_;
};

}  // namespace pawl::db
