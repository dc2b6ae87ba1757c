// Device passwords and sessions: a row found by the id in the password, one
// keyed hash, and the rules of account, scope and policy.
//
// A right password passes whatever failures there were: its 130 random bits
// cannot be guessed, and a phone that still tries an old one must not stop the
// tablet beside it. What is throttled is looking at wrong ones (ADR 0015).
#include <utility>

#include "base/ct_equal.h"
#include "validator/service/judge.h"
#include "validator/service/plan_commit.h"

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::DeviceKind;
using db::DeviceRecord;
using db::Reason;

constexpr db::Cause kDeviceCauses[] = {db::Cause::kDevicePassword};

// What a right device password comes to.
Reason Weigh(const AccountRecord& account, const DeviceRecord& device,
             const Service* service, UnixTime now) {
  const std::optional<Reason> obstacle =
      ObstacleOf(account, device, service, now);
  if (obstacle.has_value()) {
    return *obstacle;
  }
  return device.kind == DeviceKind::kSession ? Reason::kGoodSession
                                             : Reason::kGoodDevicePassword;
}

}  // namespace

StatusOr<Judgement> Judge::Device(const DeviceQuestion& question,
                                  db::Rows& rows, const Evidence& evidence,
                                  UnixTime now) const {
  StatusOr<db::DeviceSnapshot>& found = rows.devices.front();
  const bool unknown = IsNotFound(found);
  if (!unknown) {
    PAWL_RETURN_IF_ERROR(found);
  }
  // The hash is made and compared for an id that nobody has, too.
  const std::string mac =
      hash_->Device({question.password.device}, question.password.secret);
  const std::string none(mac.size(), '\0');
  const bool same =
      ConstantTimeEqual(mac, unknown || found->device.secret_mac.empty()
                                 ? none
                                 : found->device.secret_mac);
  const bool named =
      !unknown && (question.user_name == found->account.login ||
                   question.user_name == db::ToString(found->device.id));
  if (unknown && rows.accounts.empty()) {
    return Ask({.account = StrangerOf(question.user_name)}, kDeviceCauses,
               evidence.place);
  }
  if (unknown) {
    PAWL_RETURN_IF_ERROR(rows.accounts.front());
    return RefuseDevice(Reason::kWrongDevicePassword,
                        rows.accounts.front()->account, nullptr, evidence, now);
  }
  const Reason reason = same && named ? Weigh(found->account, found->device,
                                              question.service, now)
                                      : Reason::kWrongDevicePassword;
  if (!db::IsAccepted(reason)) {
    return RefuseDevice(reason, found->account, &found->device, evidence, now);
  }
  Judgement judgement{
      .use = DeviceUse{.device = found->device,
                       .account_version = found->account.version},
      .outcome = {.reason = reason,
                  .account = found->account.id,
                  .login = found->account.login}};
  judgement.outcome.device = std::move(found->device);
  return judgement;
}

// A refusal is audited and, when it was a guess, counted; a closed gate gives
// the same answer to all guesses.
Judgement Judge::RefuseDevice(Reason reason, const AccountRecord& account,
                              const DeviceRecord* device,
                              const Evidence& evidence, UnixTime now) const {
  const bool guess = reason == Reason::kWrongDevicePassword;
  const Counted counted = Count({.account = account.id}, kDeviceCauses,
                                evidence, /*may_skip=*/!guess, now);
  if (guess && !counted.known) {
    return Ask(counted.subject, kDeviceCauses, evidence.place);
  }
  Decision decision;
  decision.reason = reason;
  if (guess && counted.gate.gate != Gate::kOpen) {
    decision.reason = Reason::kThrottled;
    decision.retry_after = counted.gate.retry_after;
  } else if (guess) {
    // Not in the account's own row: no yes of a code depends on these.
    decision.cause = db::Cause::kDevicePassword;
  }
  Judgement judgement{.outcome = OutcomeOf(decision, {})};
  if (!account.login.empty()) {
    judgement.outcome.account = account.id;
  }
  if (device != nullptr) {
    judgement.outcome.device = *device;
  }
  PlanAccount(account, decision, now, judgement.commit);
  PlanBudgets(counted, decision, now, judgement);
  return judgement;
}

}  // namespace pawl::validator
