#include "validator/service/places.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <absl/hash/hash.h>

#include "base/log.h"

namespace pawl::validator {
namespace {

constexpr Millis kDay = std::chrono::hours(24);

std::string NameOf(const Subject& subject) {
  return subject.token.has_value()
             ? db::ToString(*subject.token)
             : db::ToString(subject.account.value_or(db::AccountId{}));
}

// In memory only: salted anew by every process, and cheaper than a keyed hash.
uint64_t KeyOf(const Subject& subject, const Place& place) {
  using Whole =
      std::tuple<uint64_t, uint64_t, std::string_view, std::string_view>;
  return absl::Hash<Whole>()(
      Whole(subject.account.value_or(db::AccountId{}).value,
            subject.token.value_or(db::TokenId{}).value, place.source,
            place.service));
}

}  // namespace

Places::Places(db::Store& store, const KeyedHash& hash, Networks trusted)
    : store_(&store),
      hash_(&hash),
      trusted_(std::move(trusted)),
      writer_("places", kPeriod, [this] { Flush(); }) {}

Places::~Places() {
  writer_.Stop();
  Flush();
}

Place Places::At(std::string_view address, std::string_view service) const {
  // What stands for all other places is no place.
  const std::string source = PlaceOf(address);
  return {.address = std::string(address),
          .source = source == kElsewhere ? std::string() : source,
          .service = std::string(service),
          .trusted = trusted_.Contain(address)};
}

Budget Places::Make(db::Cause cause, const Subject& subject,
                    std::string_view source, std::string_view service) const {
  return {.row = {.id = hash_->Budget(cause, NameOf(subject), source, service),
                  .cause = cause,
                  .account = subject.account,
                  .token = subject.token,
                  .source = std::string(source),
                  .service = std::string(service)}};
}

std::vector<Budget> Places::Of(const Subject& subject, const Place& place,
                               std::span<const db::Cause> causes) const {
  std::vector<Budget> budgets;
  for (const db::Cause cause : causes) {
    budgets.push_back(Make(cause, subject, place.source, place.service));
    budgets.push_back(Make(cause, subject, kElsewhere, {}));
  }
  if (!place.source.empty()) {
    budgets.push_back(
        Make(db::Cause::kUsualPlace, subject, place.source, place.service));
  }
  return budgets;
}

void Places::Freshen(Shard& shard, UnixTime now) {
  const int64_t day = now.time_since_epoch() / kDay;
  if (shard.day != day || shard.noted.size() >= kMostInShard) {
    shard.noted.clear();
    shard.day = day;
  }
}

void Places::Note(const Subject& subject, const Place& place, UnixTime now) {
  if (place.source.empty() || place.trusted) {
    return;
  }
  const uint64_t key = KeyOf(subject, place);
  Shard& shard = shards_[key % kShards];
  const std::lock_guard lock(shard.mutex);
  Freshen(shard, now);
  // What finds no room is noted at the next login.
  if (shard.waiting.size() < kMostWaiting && shard.noted.insert(key).second) {
    Budget usual =
        Make(db::Cause::kUsualPlace, subject, place.source, place.service);
    usual.row.throttle.last_failure = now;
    usual.row.expires = now + kUsualFor;
    shard.waiting.push_back(std::move(usual.row));
  }
}

bool Places::IsNoted(const Subject& subject, const Place& place, UnixTime now) {
  if (place.source.empty()) {
    return false;
  }
  const uint64_t key = KeyOf(subject, place);
  Shard& shard = shards_[key % kShards];
  const std::lock_guard lock(shard.mutex);
  Freshen(shard, now);
  return shard.noted.contains(key);
}

void Places::Flush() {
  for (Shard& shard : shards_) {
    std::vector<db::BudgetRecord> rows;
    {
      const std::lock_guard lock(shard.mutex);
      rows.swap(shard.waiting);
    }
    for (size_t done = 0; done < rows.size(); done += kBatch) {
      Write(
          std::span(rows).subspan(done, std::min(kBatch, rows.size() - done)));
    }
  }
}

// One commit for all: they belong to no check, and what another server has
// written in the same moment is noted again another day.
void Places::Write(std::span<const db::BudgetRecord> rows) {
  db::Keys keys;
  for (const db::BudgetRecord& row : rows) {
    keys.budgets.push_back(row.id);
  }
  const StatusOr<db::Rows> stored = store_->Read(keys);
  if (!stored.ok()) {
    return;
  }
  db::Commit commit;
  for (size_t i = 0; i < rows.size(); ++i) {
    const StatusOr<db::BudgetRecord>& before = stored->budgets[i];
    db::Write<db::BudgetRecord> write{.after = rows[i]};
    if (before.ok()) {
      if (rows[i].throttle.last_failure - before->throttle.last_failure <
          kUsualRefresh) {
        continue;
      }
      write.before = *before;
      write.after->version = before->version + 1;
    }
    commit.budgets.push_back(std::move(write));
  }
  if (commit.budgets.empty()) {
    return;
  }
  commit.audit = {.at = rows.front().throttle.last_failure,
                  .event = db::Event::kUsualPlacesNoted,
                  .caller = "local",
                  .count = static_cast<uint32_t>(commit.budgets.size())};
  const Status written = store_->Commit(commit);
  if (!written.ok()) {
    Log(Severity::kInfo, "usual_places_not_written")
        .With("error", ToString(written));
  }
}

}  // namespace pawl::validator
