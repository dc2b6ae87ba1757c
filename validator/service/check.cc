#include "validator/service/check.h"

#include <algorithm>
#include <utility>

#include "base/ct_equal.h"
#include "base/log.h"

namespace pawl::validator {
namespace {

using db::Reason;

// What a failing store means to a caller: nobody knows. The details are for
// the log; they may name paths and tables.
Status NobodyKnows(const Status& failure) {
  Log(Severity::kError, "check_unavailable").With("error", ToString(failure));
  return Unavailable("the check could not be decided; treat it as refused");
}

Status TooLate() {
  return MakeStatus(StatusCode::kDeadlineExceeded,
                    "the deadline passed before the check was decided");
}

// Failures that are the caller's to know as they are.
bool IsForCaller(const Status& failure, const Question& question) {
  const StatusCode code = failure.code();
  const bool is_resync = std::holds_alternative<ResyncQuestion>(question);
  return code == StatusCode::kInvalidArgument ||
         code == StatusCode::kUnauthenticated ||
         code == StatusCode::kPermissionDenied ||
         code == StatusCode::kDeadlineExceeded ||
         code == StatusCode::kResourceExhausted ||
         (is_resync && (code == StatusCode::kNotFound ||
                        code == StatusCode::kFailedPrecondition));
}

}  // namespace

void Check::Start(const Parts& parts, Request request) {
  auto* check = new Check(parts, std::move(request));
  if (!check->request_.lane.has_value()) {
    return check->Go();
  }
  switch (parts.lanes->Enter(*check->request_.lane, check)) {
    case Lanes<Check*>::Entry::kGo:
      check->Go();
      break;
    case Lanes<Check*>::Entry::kWait:
      break;
    case Lanes<Check*>::Entry::kFull:
      check->request_.done(
          MakeStatus(StatusCode::kResourceExhausted,
                     "too many checks of one name are under way"));
      delete check;
  }
}

Check::Check(const Parts& parts, Request request)
    : parts_(parts), request_(std::move(request)) {
  if (request_.refused.ok()) {
    keys_ = Judge::KeysFor(request_.question);
  }
  if (const auto* claim = std::get_if<Claim>(&request_.context.who);
      claim != nullptr && claim->client.has_value()) {
    keys_.clients.push_back(*claim->client);
  }
}

bool Check::IsExpired() const {
  return request_.context.expired && request_.context.expired();
}

void Check::Go() {
  if (!TryCached()) {
    Load();
  }
}

// True when the cache sufficed for a yes, which is on its way to be committed.
bool Check::TryCached() {
  db::Rows rows;
  if (!request_.refused.ok() || !parts_.cache->Find(keys_, rows) ||
      !ProveCaller(rows).ok()) {
    return false;
  }
  StatusOr<Judgement> judgement = parts_.judge->Decide(
      request_.question, std::move(rows), request_.audit.at);
  if (!judgement.ok() || judgement->outcome.reason != Reason::kGoodCode ||
      IsBehind(*judgement)) {
    return false;
  }
  Commit(*std::move(judgement));
  return true;
}

// From here on everything is read, the stranger and the attempt too.
void Check::Load() {
  if (!std::exchange(loaded_, true) && request_.refused.ok()) {
    if (const auto stranger = parts_.judge->StrangerFor(request_.question)) {
      keys_.accounts.push_back(*stranger);
    }
    if (request_.attempt.has_value()) {
      keys_.attempts.push_back(request_.attempt->key);
    }
  }
  parts_.loader->Add(*this);
}

void Check::OnRead(StatusOr<db::Rows> rows) {
  if (!rows.ok()) {
    return Fail(rows.status());
  }
  parts_.cache->Put(keys_, *rows);
  StatusOr<Judgement> judgement = Decide(*std::move(rows));
  if (!judgement.ok()) {
    return Fail(judgement.status());
  }
  if (IsBehind(*judgement)) {
    return Again(
        Aborted("the store is older than what this process has accepted"));
  }
  Commit(*std::move(judgement));
}

StatusOr<Judgement> Check::Decide(db::Rows&& rows) {
  PAWL_RETURN_IF_ERROR(ProveCaller(rows));
  PAWL_RETURN_IF_ERROR(request_.refused);
  PAWL_ASSIGN_OR_RETURN(std::optional<Judgement> recalled,
                        Recall(rows));  // V2
  recalled_ = recalled.has_value();
  if (recalled_) {
    return *std::move(recalled);
  }
  return parts_.judge->Decide(request_.question, std::move(rows),
                              request_.audit.at);  // V4..V6
}

Status Check::ProveCaller(const db::Rows& rows) {
  if (const auto* known = std::get_if<Caller>(&request_.context.who)) {
    caller_ = *known;
    return OkStatus();
  }
  const StatusOr<db::ClientRecord> nobody = NotFound("no client");
  const StatusOr<db::ClientRecord>& client =
      rows.clients.empty() ? nobody : rows.clients.front();
  PAWL_ASSIGN_OR_RETURN(
      caller_,
      ProveClaim(std::get<Claim>(request_.context.who), client, *parts_.hash));
  PAWL_RETURN_IF_ERROR(CheckRoles(caller_, request_.allowed));
  if (client.ok()) {
    client_guard_ = {client->id, client->version};
  }
  return OkStatus();
}

// The stored answer to this attempt, if there is one.
StatusOr<std::optional<Judgement>> Check::Recall(const db::Rows& rows) {
  if (rows.attempts.empty()) {
    return std::optional<Judgement>();
  }
  const StatusOr<db::AttemptRecord>& record = rows.attempts.front();
  if (record.status().code() == StatusCode::kNotFound ||
      (record.ok() && record->expires <= request_.audit.at)) {
    return std::optional<Judgement>();
  }
  PAWL_RETURN_IF_ERROR(record);
  Judgement judgement;
  if (!ConstantTimeEqual(record->binding, request_.attempt->binding)) {
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
// removed since: that holds from the very next check on. Rare enough to read
// on the loader's own thread.
Status Check::Reconsider(Outcome& outcome) {
  const StatusOr<db::TokenRecord> token =
      parts_.store->GetToken(outcome.token.value_or(db::TokenId{}));
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
      parts_.store->GetAccount(*outcome.account);
  if (account.status().code() == StatusCode::kNotFound ||
      (account.ok() && !account->account.enabled)) {
    outcome.reason = Reason::kAccountDisabled;
    return OkStatus();
  }
  return account.status();
}

bool Check::IsBehind(const Judgement& judgement) const {
  return std::any_of(judgement.seen.begin(), judgement.seen.end(),
                     [this](const SeenToken& token) {
                       return parts_.high_water->IsBehind(token.id,
                                                          token.position);
                     });
}

// Fills in what the answer's commit says of the whole check.
void Check::Complete(Judgement& judgement) {
  const Outcome& outcome = judgement.outcome;
  db::Commit& commit = judgement.commit;
  const std::optional<db::Position> position = commit.audit.position;
  commit.audit = request_.audit;
  commit.audit.caller = caller_.id;
  commit.audit.position = position;
  commit.audit.reason = outcome.reason;
  commit.audit.account = outcome.account;
  commit.audit.token = outcome.token;
  commit.audit.hints = outcome.hints;
  if (client_guard_.has_value()) {
    commit.client_guards.push_back(*client_guard_);
  }
  // "Come back later" is not an answer to remember.
  if (request_.attempt.has_value() && !recalled_ &&
      outcome.reason != Reason::kThrottled) {
    commit.attempt =
        db::AttemptRecord{.key = request_.attempt->key,
                          .binding = request_.attempt->binding,
                          .reason = outcome.reason,
                          .account = outcome.account,
                          .token = outcome.token,
                          .hints = outcome.hints,
                          .created = request_.audit.at,
                          .expires = request_.audit.at + parts_.attempt_ttl};
  }
}

void Check::Commit(Judgement judgement) {
  if (IsExpired()) {  // V7
    return Finish(TooLate());
  }
  Complete(judgement);
  judgement_ = std::move(judgement);
  parts_.committer->Add(*this);  // V8
}

void Check::OnCommitted(const Status& status) {
  if (status.code() == StatusCode::kAborted) {
    return Again(status);
  }
  if (!status.ok()) {
    return Fail(status);
  }
  for (const db::Write<db::TokenRecord>& write : judgement_.commit.tokens) {
    if (write.after.has_value() && write.after->position.has_value()) {
      parts_.high_water->Raise(write.after->id, *write.after->position);
    }
  }
  parts_.cache->Update(keys_, judgement_.commit);
  // V9: the one return of a verdict.
  Finish(Answered{.outcome = std::move(judgement_.outcome),
                  .caller = std::move(caller_)});
}

void Check::Again(const Status& reason) {
  if (++round_ > kMaxRounds) {
    return Fail(reason);
  }
  Load();
}

void Check::Fail(const Status& failure) {
  Finish(IsForCaller(failure, request_.question) ? failure
                                                 : NobodyKnows(failure));
}

void Check::Finish(StatusOr<Answered> answer) {
  std::optional<Check*> next;
  if (request_.lane.has_value()) {
    next = parts_.lanes->Leave(*request_.lane);
  }
  const Done done = std::move(request_.done);
  delete this;
  done(std::move(answer));
  if (next.has_value()) {
    (*next)->Go();
  }
}

}  // namespace pawl::validator
