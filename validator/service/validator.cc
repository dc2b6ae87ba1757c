#include "validator/service/validator.h"

#include <algorithm>
#include <utility>

#include "base/ct_equal.h"
#include "base/log.h"
#include "validator/core/credential.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

using db::Reason;

constexpr size_t kMaxServiceBytes = 64;
constexpr size_t kMaxAddressBytes = 64;
constexpr size_t kMaxCodeBytes = 32;
// How long a check that lost a race waits for its turn.
constexpr Millis kMaxQueueing = std::chrono::seconds(2);
// The front of a code that names its token: most public ids, and OATH token
// identifiers.
constexpr size_t kNamingLetters = 12;

// Blanks, TAB, CR, LF around a bare OTP: keyboards and forms add them.
std::string_view Trim(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

// What a failing store means to a caller: nobody knows. The details are for
// the log; they may name paths and tables.
Status NobodyKnows(const Status& failure) {
  Log(Severity::kError, "check_unavailable").With("error", ToString(failure));
  return Unavailable("the check could not be decided; treat it as refused");
}

Status CheckContextFields(const CallContext& context) {
  return CheckAscii("client_address", context.client_address, 0,
                    kMaxAddressBytes);
}

}  // namespace

Validator::Validator(db::Store& store, const Prover& prover,
                     const KeyedHash& hash, const Clock& clock,
                     const Options& options)
    : store_(&store),
      hash_(&hash),
      clock_(&clock),
      judge_(store, prover, hash, options.policy),
      attempt_ttl_(options.attempt_ttl) {}

StatusOr<Outcome> Validator::CheckLogin(const LoginQuestion& question,
                                        const CallContext& context) {
  const UnixTime now = clock_->Now();  // V1
  PAWL_ASSIGN_OR_RETURN(const std::string login,
                        NormalizeLogin("account", question.account));
  PAWL_RETURN_IF_ERROR(
      CheckAscii("service", question.service, 0, kMaxServiceBytes));
  if (question.credential.size() > kMaxCredentialBytes) {
    return InvalidField("credential", "is too long");
  }
  PAWL_RETURN_IF_ERROR(CheckAttemptId(question.attempt_id));
  PAWL_RETURN_IF_ERROR(CheckContextFields(context));
  db::AuditEntry audit;
  audit.event = db::Event::kLoginChecked;
  audit.service = question.service;
  return Settle(
      login,
      NameAttempt(context, question.attempt_id,
                  {"login", login, question.service, question.credential}),
      context, std::move(audit), now,
      [&] { return judge_.Login(login, question.credential, now); });
}

StatusOr<Outcome> Validator::ValidateOtp(const OtpQuestion& question,
                                         const CallContext& context) {
  const UnixTime now = clock_->Now();  // V1
  if (question.otp.size() > kMaxCredentialBytes) {
    return InvalidField("otp", "is too long");
  }
  const std::optional<db::TokenId> token =
      db::ParseId<db::TokenTag>(question.token_id);
  if (!question.token_id.empty() && !token.has_value()) {
    return InvalidField("token_id", "is not a token id");
  }
  PAWL_RETURN_IF_ERROR(CheckAttemptId(question.attempt_id));
  PAWL_RETURN_IF_ERROR(CheckContextFields(context));
  db::AuditEntry audit;
  audit.event = db::Event::kOtpChecked;
  return Settle(question.token_id.empty()
                    ? question.otp.substr(0, kNamingLetters)
                    : question.token_id,
                NameAttempt(context, question.attempt_id,
                            {"otp", question.token_id, question.otp}),
                context, std::move(audit), now,
                [&] { return judge_.Otp(Trim(question.otp), token, now); });
}

StatusOr<Outcome> Validator::ResyncToken(db::TokenId token,
                                         std::string_view first_code,
                                         std::string_view second_code,
                                         const CallContext& context) {
  const UnixTime now = clock_->Now();  // V1
  PAWL_RETURN_IF_ERROR(CheckAscii("first_code", first_code, 1, kMaxCodeBytes));
  PAWL_RETURN_IF_ERROR(
      CheckAscii("second_code", second_code, 1, kMaxCodeBytes));
  PAWL_ASSIGN_OR_RETURN(const db::TokenRecord record, store_->GetToken(token));
  if (record.kind == db::TokenKind::kYubico) {
    return FailedPrecondition("a Yubico token is always in step");
  }
  db::AuditEntry audit;
  audit.event = db::Event::kTokenResynced;
  return Settle(
      db::ToString(token), std::nullopt, context, std::move(audit), now,
      [&] { return judge_.Resync(token, first_code, second_code, now); });
}

std::optional<Validator::Attempt> Validator::NameAttempt(
    const CallContext& context, std::string_view attempt_id,
    std::initializer_list<std::string_view> question) const {
  if (attempt_id.empty()) {
    return std::nullopt;
  }
  return Attempt{.key = hash_->AttemptKey(context.caller, attempt_id),
                 .binding = hash_->AttemptBinding(question)};
}

// V2: the stored answer to this attempt, if there is one.
StatusOr<std::optional<Judgement>> Validator::Recall(
    const std::optional<Attempt>& attempt, UnixTime now) {
  if (!attempt.has_value()) {
    return std::optional<Judgement>();
  }
  const StatusOr<db::AttemptRecord> record = store_->GetAttempt(attempt->key);
  if (record.status().code() == StatusCode::kNotFound ||
      (record.ok() && record->expires <= now)) {
    return std::optional<Judgement>();
  }
  PAWL_RETURN_IF_ERROR(record);
  Judgement judgement;
  if (!ConstantTimeEqual(record->binding, attempt->binding)) {
    judgement.outcome.reason = Reason::kAttemptReused;
    return std::optional(std::move(judgement));
  }
  judgement.outcome = {.reason = record->reason,
                       .account = record->account,
                       .token = record->token,
                       .hints = record->hints | db::Hint::kRepeatedAttempt};
  if (record->reason == Reason::kGoodCode) {
    PAWL_RETURN_IF_ERROR(Reconsider(judgement.outcome));
  }
  return std::optional(std::move(judgement));
}

// An acceptance is not repeated for an account or token that was disabled or
// removed since: that holds from the very next check on.
Status Validator::Reconsider(Outcome& outcome) {
  const StatusOr<db::TokenRecord> token =
      store_->GetToken(outcome.token.value_or(db::TokenId{}));
  if (token.ok() && token->enabled) {
    outcome.public_id = token->public_id;
  } else if (token.ok() || token.status().code() == StatusCode::kNotFound) {
    outcome.reason = Reason::kTokenDisabled;
  } else {
    return token.status();
  }
  if (!outcome.account.has_value()) {
    return OkStatus();
  }
  const StatusOr<db::AccountSnapshot> account =
      store_->GetAccount(*outcome.account);
  if (account.status().code() == StatusCode::kNotFound ||
      (account.ok() && !account->account.enabled)) {
    outcome.reason = Reason::kAccountDisabled;
    return OkStatus();
  }
  return account.status();
}

// Fills in what the answer's commit says of the whole check.
void Validator::Complete(const std::optional<Attempt>& attempt, bool recalled,
                         const db::AuditEntry& audit,
                         Judgement& judgement) const {
  const Outcome& outcome = judgement.outcome;
  const std::optional<db::Position> position = judgement.commit.audit.position;
  judgement.commit.audit = audit;
  judgement.commit.audit.position = position;
  judgement.commit.audit.reason = outcome.reason;
  judgement.commit.audit.account = outcome.account;
  judgement.commit.audit.token = outcome.token;
  judgement.commit.audit.hints = outcome.hints;
  // "Come back later" is not an answer to remember.
  if (attempt.has_value() && !recalled &&
      outcome.reason != Reason::kThrottled) {
    judgement.commit.attempt =
        db::AttemptRecord{.key = attempt->key,
                          .binding = attempt->binding,
                          .reason = outcome.reason,
                          .account = outcome.account,
                          .token = outcome.token,
                          .hints = outcome.hints,
                          .created = audit.at,
                          .expires = audit.at + attempt_ttl_};
  }
}

bool Validator::IsBehind(const Judgement& judgement) const {
  return std::any_of(judgement.read.begin(), judgement.read.end(),
                     [this](const db::TokenRecord& token) {
                       return high_water_.IsBehind(token);
                     });
}

void Validator::Raise(const db::Commit& commit) {
  for (const db::Write<db::TokenRecord>& write : commit.tokens) {
    if (write.after.has_value() && write.after->position.has_value()) {
      high_water_.Raise(write.after->id, *write.after->position);
    }
  }
}

StatusOr<Outcome> Validator::Round(const std::optional<Attempt>& attempt,
                                   const CallContext& context,
                                   const db::AuditEntry& audit,
                                   const Judging& judging) {
  PAWL_ASSIGN_OR_RETURN(std::optional<Judgement> recalled,
                        Recall(attempt, audit.at));  // V2
  const bool is_recalled = recalled.has_value();
  StatusOr<Judgement> judgement =
      is_recalled ? *std::move(recalled) : judging();  // V3..V6
  PAWL_RETURN_IF_ERROR(judgement);
  if (IsBehind(*judgement)) {
    return Aborted("the store is older than what this process has accepted");
  }
  if (context.expired && context.expired()) {  // V7
    return MakeStatus(StatusCode::kDeadlineExceeded,
                      "the deadline passed before the check was decided");
  }
  Complete(attempt, is_recalled, audit, *judgement);
  PAWL_RETURN_IF_ERROR(store_->Commit(judgement->commit));  // V8
  Raise(judgement->commit);
  return std::move(judgement->outcome);  // V9: the one return of a verdict
}

StatusOr<Outcome> Validator::Settle(std::string_view name,
                                    const std::optional<Attempt>& attempt,
                                    const CallContext& context,
                                    db::AuditEntry audit, UnixTime now,
                                    const Judging& judging) {
  audit.at = now;
  audit.caller = context.caller;
  audit.client_address = context.client_address;
  Status failure;
  std::unique_lock<std::timed_mutex> lane(
      lanes_[std::hash<std::string_view>()(name) % kLanes], std::defer_lock);
  for (int round = 0; round < kMaxRounds; ++round) {
    // Lost a race: from now on in turn. By the system clock, because
    // ThreadSanitizer does not know the wait by the steady one.
    if (round == 1 &&
        !lane.try_lock_until(std::chrono::system_clock::now() + kMaxQueueing)) {
      break;
    }
    StatusOr<Outcome> outcome = Round(attempt, context, audit, judging);
    if (outcome.ok() ||
        outcome.status().code() == StatusCode::kDeadlineExceeded) {
      return outcome;
    }
    failure = outcome.status();
    if (failure.code() != StatusCode::kAborted) {
      break;
    }
  }
  return NobodyKnows(failure);
}

}  // namespace pawl::validator
