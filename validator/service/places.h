// Places: where a check comes from, and the budgets that go with it
// (core/budget.h).
//
// It also remembers the usual places that were written lately, so that only the
// first login of a day from a place reads its budgets. That is only ever a
// matter of speed: who is not remembered reads.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <array>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "base/address.h"
#include "base/time.h"
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
  // `hash` must outlive it.
  Places(const KeyedHash& hash, Networks trusted);

  [[nodiscard]] Place At(std::string_view address,
                         std::string_view service) const;

  // The budgets of `causes` at `place`, and of all unusual places, as they
  // begin; and whether the place is usual, when it is known.
  [[nodiscard]] std::vector<Budget> Of(const Subject& subject,
                                       const Place& place,
                                       std::span<const db::Cause> causes) const;

  // True when the place is not known at all, or was written as usual lately.
  [[nodiscard]] bool IsSettled(const Subject& subject, const Place& place,
                               UnixTime now);
  // To be called when a login from there was committed with its budgets.
  void Remember(const Subject& subject, const Place& place, UnixTime now);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMostInShard = 1U << 16U;
  struct Shard {
    std::mutex mutex;
    int64_t day = 0;  // that all of `usual` were seen on
    absl::flat_hash_set<uint64_t> usual;
  };
  [[nodiscard]] Budget Make(db::Cause cause, const Subject& subject,
                            std::string_view source,
                            std::string_view service) const;
  [[nodiscard]] uint64_t UsualId(const Subject& subject,
                                 const Place& place) const;
  // `shard`, emptied when its day has passed. Its mutex is held.
  [[nodiscard]] static Shard& Fresh(Shard& shard, UnixTime now);

  const KeyedHash* hash_;
  Networks trusted_;
  std::array<Shard, kShards> shards_;
};

}  // namespace pawl::validator
