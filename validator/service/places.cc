#include "validator/service/places.h"

#include <utility>

namespace pawl::validator {
namespace {

constexpr Millis kDay = std::chrono::hours(24);

std::string NameOf(const Subject& subject) {
  return subject.token.has_value()
             ? db::ToString(*subject.token)
             : db::ToString(subject.account.value_or(db::AccountId{}));
}

}  // namespace

Places::Places(const KeyedHash& hash, Networks trusted)
    : hash_(&hash), trusted_(std::move(trusted)) {}

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

uint64_t Places::UsualId(const Subject& subject, const Place& place) const {
  return hash_
      ->Budget(db::Cause::kUsualPlace, NameOf(subject), place.source,
               place.service)
      .value;
}

Places::Shard& Places::Fresh(Shard& shard, UnixTime now) {
  const int64_t day = now.time_since_epoch() / kDay;
  if (shard.day != day || shard.usual.size() >= kMostInShard) {
    shard.usual.clear();
    shard.day = day;
  }
  return shard;
}

bool Places::IsSettled(const Subject& subject, const Place& place,
                       UnixTime now) {
  if (place.source.empty()) {
    return true;
  }
  const uint64_t id = UsualId(subject, place);
  Shard& shard = shards_[id % kShards];
  const std::lock_guard lock(shard.mutex);
  return Fresh(shard, now).usual.contains(id);
}

void Places::Remember(const Subject& subject, const Place& place,
                      UnixTime now) {
  if (place.source.empty()) {
    return;
  }
  const uint64_t id = UsualId(subject, place);
  Shard& shard = shards_[id % kShards];
  const std::lock_guard lock(shard.mutex);
  Fresh(shard, now).usual.insert(id);
}

}  // namespace pawl::validator
