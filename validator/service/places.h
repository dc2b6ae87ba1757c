// Places: where a check comes from, the budgets that go with it
// (core/budget.h), and which places are usual for whom.
//
// A login that succeeded makes its place usual. That is noted here at once, and
// told to the store within a minute, many together: a login must not cost a row
// more for it. A server that is killed forgets the last of them.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "base/address.h"
#include "base/periodic.h"
#include "base/time.h"
#include "db/store.h"
#include "validator/core/budget.h"
#include "validator/service/keyed_hash.h"

namespace pawl::validator {

struct Place {
  std::string address{};  // as the caller named it
  std::string source{};   // base/address.h PlaceOf(); empty: not known
  std::string service{};
  bool trusted = false;
};

// Whose failures they are: an account's (perhaps a stranger's), or a token's.
struct Subject {
  std::optional<db::AccountId> account = std::nullopt;
  std::optional<db::TokenId> token = std::nullopt;
};

class Places {
 public:
  static constexpr Millis kPeriod = std::chrono::seconds(50);

  // `store` and `hash` must outlive it.
  Places(db::Store& store, const KeyedHash& hash, Networks trusted);
  ~Places();
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  [[nodiscard]] Place At(std::string_view address,
                         std::string_view service) const;

  // The budgets of `causes` at `place`, and of all unusual places, as they
  // begin; and whether the place is usual, when it is known.
  [[nodiscard]] std::vector<Budget> Of(const Subject& subject,
                                       const Place& place,
                                       std::span<const db::Cause> causes) const;

  // A login from there succeeded.
  void Note(const Subject& subject, const Place& place, UnixTime now);
  // True when one was noted by this process lately.
  [[nodiscard]] bool IsNoted(const Subject& subject, const Place& place,
                             UnixTime now);

  // Writes what was noted.
  void Flush();

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMostInShard = 1U << 16U;
  static constexpr size_t kMostWaiting = 4096;  // in a shard
  static constexpr size_t kBatch = 128;
  struct Shard {
    std::mutex mutex;
    int64_t day = 0;  // that all of `noted` were seen on
    absl::flat_hash_set<uint64_t> noted;
    std::vector<db::BudgetRecord> waiting;  // to be written
  };
  [[nodiscard]] Budget Make(db::Cause cause, const Subject& subject,
                            std::string_view source,
                            std::string_view service) const;
  // Forgets what was noted on another day.
  static void Freshen(Shard& shard, UnixTime now);
  void Write(std::span<const db::BudgetRecord> rows);

  db::Store* store_;
  const KeyedHash* hash_;
  Networks trusted_;
  std::array<Shard, kShards> shards_;
  Periodic writer_;
};

}  // namespace pawl::validator
