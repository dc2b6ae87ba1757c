#include "validator/service/help_desk.h"

#include <algorithm>
#include <utility>

#include "base/ct_equal.h"
#include "base/secret.h"
#include "base/text.h"
#include "db/spare_codes.h"
#include "validator/core/allowance.h"
#include "validator/core/credential.h"
#include "validator/core/decide.h"
#include "validator/core/typed_code.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

using db::AccountRecord;
using db::AccountSnapshot;
using db::BudgetRecord;
using db::DeviceKind;
using db::Reason;
using db::TokenKind;
using db::TokenRecord;

// Questions for one account.
constexpr Allowance kQuestions{.burst = 10, .refill = std::chrono::seconds(10)};

Status AskedTooOften(Millis wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return MakeStatus(StatusCode::kResourceExhausted,
                    "this account was asked about too often; wait " +
                        std::to_string(seconds) + " s");
}

// Characters, or bytes of what is no text.
size_t LengthOf(std::string_view pin) {
  return CountCodePoints(pin).value_or(pin.size());
}

std::vector<CredentialKind> PermittedAt(const AccountRecord& account,
                                        const Service& service) {
  std::vector<CredentialKind> permitted;
  for (const CredentialKind kind :
       {CredentialKind::kCode, CredentialKind::kAccountPassword,
        CredentialKind::kDevicePassword, CredentialKind::kSession}) {
    if (MayUse(account, service, kind)) {
      permitted.push_back(kind);
    }
  }
  return permitted;
}

// What stands in the way of any code of the account.
std::optional<Reason> ObstacleToCodes(const AccountRecord& account,
                                      const Service* service) {
  if (!account.enabled) {
    return Reason::kAccountDisabled;
  }
  return service == nullptr || MayUse(account, *service, CredentialKind::kCode)
             ? std::nullopt
             : std::optional(Reason::kPolicy);
}

std::optional<Reason> ObstacleToToken(const TokenRecord& token,
                                      const ThrottlePolicy& policy) {
  if (!IsUsable(token)) {
    return Reason::kTokenDisabled;
  }
  return LockGate(policy, token.throttle).gate == Gate::kOpen
             ? std::nullopt
             : std::optional(Reason::kLocked);
}

// From the last position used. Before the first use only a HOTP token has one
// to count from.
uint64_t DistanceTo(const TokenRecord& token, db::Position fresh) {
  if (token.position.has_value()) {
    return fresh - *token.position;
  }
  return token.kind == TokenKind::kHotp ? fresh + 1 : 0;
}

ExplainedReading ReadingOf(const TokenRecord& token, const Reading& reading,
                           const Proof& proof) {
  ExplainedReading explained{.pin_length = LengthOf(reading.pin),
                             .token = token,
                             .hints = proof.hints};
  if (proof.stale) {
    explained.freshness = Freshness::kStale;
  }
  if (proof.fresh.has_value()) {
    explained.freshness = Freshness::kFresh;
    explained.distance = DistanceTo(token, *proof.fresh);
    if (token.kind == TokenKind::kTotp || token.kind == TokenKind::kMotp) {
      explained.drift = proof.drift;
    }
  }
  return explained;
}

// Of a recovery code: one of the account's that could be used now, one that
// could once, or none of them.
Freshness FreshnessOf(std::string_view mac,
                      const std::vector<db::SpareCode>& codes, UnixTime now) {
  Freshness freshness = Freshness::kNone;
  for (const db::SpareCode& code : codes) {
    if (ConstantTimeEqual(mac, code.mac)) {
      const bool expired = code.expires.has_value() && *code.expires <= now;
      freshness = code.used || expired ? Freshness::kStale : Freshness::kFresh;
    }
  }
  return freshness;
}

}  // namespace

HelpDesk::HelpDesk(const AdminParts& parts, const Prover& prover,
                   const Catalogue& catalogue, const ThrottlePolicy& throttle)
    : parts_(parts),
      prover_(&prover),
      catalogue_(&catalogue),
      throttle_(throttle) {}

StatusOr<Explanation> HelpDesk::Explain(std::string_view account,
                                        std::string_view service,
                                        std::string_view credential,
                                        const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(const std::string login,
                        NormalizeLogin("account", account));
  const Service* known = catalogue_->Find(service);
  if (known == nullptr && !service.empty()) {
    return InvalidField("service", kNoSuchService);
  }
  PAWL_RETURN_IF_ERROR(CheckCredential("credential", credential));
  const UnixTime now = parts_.clock->Now();
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found,
                        parts_.store->FindAccount(login));
  // Nothing is told before it is audited.
  PAWL_RETURN_IF_ERROR(RetryOnRace(
      [&] { return Count(found.account, now, std::string(service), caller); }));
  Explanation explanation;
  if (known != nullptr) {
    explanation.permitted = PermittedAt(found.account, *known);
  }
  PAWL_ASSIGN_OR_RETURN(explanation.readings,
                        Read(found, known, credential, now));
  return explanation;
}

// One question more, in one commit with its audit entry.
Status HelpDesk::Count(const AccountRecord& account, UnixTime now,
                       const std::string& service, const std::string& caller) {
  BudgetRecord fresh{.id = parts_.hash->Budget(
                         db::Cause::kExplain, db::ToString(account.id), {}, {}),
                     .cause = db::Cause::kExplain,
                     .account = account.id};
  PAWL_ASSIGN_OR_RETURN(const db::Rows rows,
                        parts_.store->Read({.budgets = {fresh.id}}));
  const StatusOr<BudgetRecord>& row = rows.budgets.front();
  db::Write<BudgetRecord> write{.after = std::move(fresh)};
  if (row.ok()) {
    write = {.before = *row, .after = *row};
    ++write.after->version;
  } else if (row.status().code() != StatusCode::kNotFound) {
    return row.status();
  }
  const Taken taken = Take(kQuestions, write.after->throttle, now);
  if (!taken.state.has_value()) {
    return AskedTooOften(taken.retry_after);
  }
  write.after->throttle = *taken.state;
  write.after->expires = RefilledAt(kQuestions, *taken.state);
  db::Commit commit;
  commit.budgets.push_back(std::move(write));
  commit.audit = AdminAudit(db::Event::kCredentialExplained, now, caller);
  commit.audit.account = account.id;
  commit.audit.service = service;
  Status done = parts_.store->Commit(commit);
  // Another question has made the row meanwhile: a lost race like others.
  return done.code() == StatusCode::kAlreadyExists ? Aborted(MessageOf(done))
                                                   : done;
}

StatusOr<std::vector<ExplainedReading>> HelpDesk::Read(
    const AccountSnapshot& account, const Service* service,
    std::string_view credential, UnixTime now) {
  PAWL_ASSIGN_OR_RETURN(std::vector<ExplainedReading> readings,
                        ReadTokens(account, service, credential, now));
  ReadSpareCodes(account.account, service, credential, now, readings);
  PAWL_RETURN_IF_ERROR(
      ReadDevice(account.account, service, credential, now, readings));
  if (service != nullptr &&
      MayUse(account.account, *service, CredentialKind::kAccountPassword)) {
    ExplainedReading password{.kind = CredentialKind::kAccountPassword};
    if (!account.account.enabled) {
      password.obstacle = Reason::kAccountDisabled;
    }
    readings.push_back(std::move(password));
  }
  return readings;
}

// The proofs say whether the PIN is right; it goes no further than here.
StatusOr<std::vector<ExplainedReading>> HelpDesk::ReadTokens(
    const AccountSnapshot& account, const Service* service,
    std::string_view credential, UnixTime now) const {
  const std::vector<Reading> read = ReadCredential(credential, account.tokens);
  PAWL_ASSIGN_OR_RETURN(
      const std::vector<Proof> proofs,
      prover_->ProveLogin(account.account, account.tokens, read, {}, now));
  std::vector<ExplainedReading> readings;
  for (size_t i = 0; i < read.size(); ++i) {
    const TokenRecord& token = account.tokens[read[i].token];
    readings.push_back(ReadingOf(token, read[i], proofs[i]));
    std::optional<Reason>& obstacle = readings.back().obstacle;
    obstacle = ObstacleToCodes(account.account, service);
    if (!obstacle.has_value()) {
      obstacle = ObstacleToToken(token, throttle_);
    }
  }
  return readings;
}

// Many a Yubico OTP ends in letters that a recovery code could have: it is not
// taken for one when the account has none, nor when a token knows it and the
// account does not.
void HelpDesk::ReadSpareCodes(const AccountRecord& account,
                              const Service* service,
                              std::string_view credential, UnixTime now,
                              std::vector<ExplainedReading>& readings) const {
  const std::vector<db::SpareCode> codes =
      db::UnpackSpareCodes(account.spare_codes);
  if (codes.empty()) {
    return;
  }
  const bool known =
      std::any_of(readings.begin(), readings.end(), [](const auto& reading) {
        return reading.freshness != Freshness::kNone;
      });
  for (RecoveryReading& reading : ReadRecoveryCode(credential)) {
    const std::string mac = parts_.hash->SpareCode(account.id, reading.code);
    Wipe(reading.code);
    const Freshness freshness = FreshnessOf(mac, codes, now);
    if (freshness != Freshness::kNone || !known) {
      readings.push_back({.recovery_code = true,
                          .pin_length = LengthOf(reading.pin),
                          .freshness = freshness,
                          .obstacle = ObstacleToCodes(account, service)});
    }
  }
}

// The number in a device password is no secret; the rest of it is not looked
// at, and a device of another account is none.
Status HelpDesk::ReadDevice(const AccountRecord& account,
                            const Service* service, std::string_view credential,
                            UnixTime now,
                            std::vector<ExplainedReading>& readings) const {
  std::optional<DevicePassword> password = ReadDevicePassword(credential);
  if (!password.has_value()) {
    return OkStatus();
  }
  Wipe(password->secret);
  ExplainedReading reading{.kind = CredentialKind::kDevicePassword};
  const StatusOr<db::DeviceSnapshot> found =
      parts_.store->GetDevice({password->device});
  if (!found.ok() && found.status().code() != StatusCode::kNotFound) {
    return found.status();
  }
  if (found.ok() && found->device.account == account.id &&
      found->device.kind != DeviceKind::kLogin) {
    if (found->device.kind == DeviceKind::kSession) {
      reading.kind = CredentialKind::kSession;
    }
    reading.device = found->device.id;
    reading.obstacle = ObstacleOf(account, found->device, service, now);
  }
  readings.push_back(std::move(reading));
  return OkStatus();
}

}  // namespace pawl::validator
