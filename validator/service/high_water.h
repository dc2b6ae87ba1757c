// HighWater: what this process itself has accepted (I13).
//
// A database can go back in time (a lossy failover, a restored backup). A
// token whose stored position stays below the mark kept here was accepted or
// burned beyond it by this very process, so the store cannot be believed.
//
// A record may have been loaded just before another thread raised its mark:
// only a load that began after the mark was seen and is still behind counts.
// The validator therefore loads again before it believes a "behind".
//
// Thread safety: all methods may be called from any thread. Memory: about 25
// bytes for each token that was used since the start.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "db/record.h"

namespace pawl::validator {

class HighWater {
 public:
  // True when the position that was loaded is below the token's mark.
  [[nodiscard]] bool IsBehind(db::TokenId token,
                              std::optional<db::Position> position) const;

  // To be called after a commit that moved the token to `position`.
  void Raise(db::TokenId token, db::Position position);

  // The same for a recovery or temporary code, which is used up at once; `mac`
  // is its keyed hash.
  [[nodiscard]] bool IsSpent(const std::string& mac) const;
  void Spend(const std::string& mac);

  // The last OTP, by its keyed hash, that a server has accepted for the token,
  // which need not be asked again.
  [[nodiscard]] bool IsLastCode(db::TokenId token,
                                const std::string& mac) const;
  void NoteCode(db::TokenId token, const std::string& mac);

 private:
  static constexpr size_t kShards = 16;
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<uint64_t, db::Position> marks;
    absl::flat_hash_map<uint64_t, std::string> codes;
  };
  [[nodiscard]] static size_t ShardOf(db::TokenId token) {
    return token.value % kShards;
  }
  std::array<Shard, kShards> shards_;
  mutable std::mutex spent_mutex_;
  absl::flat_hash_set<std::string> spent_;
};

}  // namespace pawl::validator
