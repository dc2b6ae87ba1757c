#include "validator/service/check.h"

#include <algorithm>
#include <utility>

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

// The accounts whose tokens `rows` are.
std::vector<db::AccountId> OwnersIn(const db::Rows& rows) {
  std::vector<db::AccountId> owners;
  for (const auto* tokens : {&rows.public_ids, &rows.tokens}) {
    for (const StatusOr<db::TokenRecord>& token : *tokens) {
      if (token.ok() && token->account.has_value()) {
        owners.push_back(*token->account);
      }
    }
  }
  return owners;
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
    keys_ = parts.judge->KeysFor(request_.question);
    evidence_.place =
        parts.places->At(request_.audit.client_address, request_.audit.service);
  }
  if (const auto* claim = std::get_if<Claim>(&request_.context.who);
      claim != nullptr && claim->client.has_value()) {
    keys_.clients.push_back(*claim->client);
  }
}

// A code that another server has used up is not given up any more.
bool Check::IsExpired() const {
  return evidence_.cloud.empty() && request_.context.expired &&
         request_.context.expired();
}

void Check::Go() {
  // Decided on the cache, the check may be gone when TryCached() returns.
  Metrics& metrics = *parts_.metrics;
  const bool may = MayUseCache();
  const bool hit = may && TryCached();
  if (may) {
    metrics.CountCache(hit);
  }
  if (!hit) {
    Load();
  }
}

bool Check::OfDevice() const {
  return std::holds_alternative<DeviceQuestion>(request_.question);
}

// Only the yes of a code that asks for no device may rest on the cache.
bool Check::MayUseCache() const {
  const auto* login = std::get_if<LoginQuestion>(&request_.question);
  return request_.refused.ok() && !OfDevice() &&
         (login == nullptr || !login->device);
}

StatusOr<Judgement> Check::DecideCached() {
  db::Rows rows;
  if (!parts_.cache->Find(keys_, rows)) {
    return NotFound("not in the cache");
  }
  // Looked up before the proofs: they would be made twice.
  const db::Keys owners{.accounts = OwnersIn(rows)};
  if (!owners.accounts.empty()) {
    db::Rows accounts;
    (void)parts_.cache->Find(owners, accounts);
    rows.accounts = std::move(accounts.accounts);
  }
  PAWL_RETURN_IF_ERROR(ProveCaller(rows));
  PAWL_ASSIGN_OR_RETURN(Judgement judgement,
                        parts_.judge->Decide(request_.question, std::move(rows),
                                             evidence_, request_.audit.at));
  if (db::IsAccepted(judgement.outcome.reason)) {
    keys_.accounts = owners.accounts;  // a yes rests on them, too
  }
  return judgement;
}

// True when the cache sufficed for a yes, which is on its way to be committed.
bool Check::TryCached() {
  StatusOr<Judgement> judgement = DecideCached();
  if (!judgement.ok() || judgement->needs_account.has_value()) {
    return false;
  }
  if (!judgement->needs_budgets.empty()) {
    Want(std::move(judgement->needs_budgets));
    return false;
  }
  if (!judgement->needs_password.empty() ||
      judgement->needs_cloud.has_value() ||
      !db::IsAccepted(judgement->outcome.reason) || IsBehind(*judgement)) {
    return false;
  }
  Commit(*std::move(judgement));
  return true;
}

// From here on everything is read, the stranger and the attempt too.
void Check::Load() {
  if (!std::exchange(loaded_, true) && request_.refused.ok()) {
    // A device password is mostly right, and is asked for at every request: its
    // stranger is read only with the budgets.
    if (!OfDevice()) {
      AddStranger();
    }
    if (request_.attempt.has_value()) {
      keys_.attempts.push_back(request_.attempt->key);
    }
  }
  parts_.loader->Add(*this);
}

void Check::AddStranger() {
  const auto stranger = parts_.judge->StrangerFor(request_.question);
  if (stranger.has_value() && !std::exchange(has_stranger_, true)) {
    keys_.accounts.insert(keys_.accounts.begin(), *stranger);
  }
}

// The next rows are read with these budgets.
void Check::Want(std::vector<Budget> budgets) {
  if (loaded_) {
    AddStranger();
  }
  wanted_ = std::move(budgets);
  keys_.budgets.clear();
  for (const Budget& budget : wanted_) {
    keys_.budgets.push_back(budget.row.id);
  }
}

void Check::OnRead(StatusOr<db::Rows> rows) {
  if (!rows.ok()) {
    return Fail(rows.status());
  }
  if (!OfDevice()) {  // whose rows no cache keeps
    parts_.cache->Put(keys_, *rows);
  }
  StatusOr<Judgement> judgement = Decide(*std::move(rows));
  if (!judgement.ok()) {
    return Fail(judgement.status());
  }
  Weigh(*std::move(judgement));
}

// What comes next, after a judgement on rows just read.
void Check::Weigh(Judgement judgement) {
  if (judgement.needs_account.has_value()) {
    const bool first = keys_.accounts.size() == 1;  // the stranger
    keys_.accounts.resize(1);
    keys_.accounts.push_back(*judgement.needs_account);
    return first ? Load() : Again(Aborted("the token became another's"));
  }
  if (!judgement.needs_budgets.empty()) {
    Want(std::move(judgement.needs_budgets));
    return Again(Aborted("the budgets were another's"));
  }
  if (!judgement.needs_password.empty()) {
    return Compare(judgement.needs_password);
  }
  if (judgement.needs_cloud.has_value()) {
    return AskCloud(*judgement.needs_cloud);
  }
  if (IsBehind(judgement)) {
    return Again(
        Aborted("the store is older than what this process has accepted"));
  }
  if (AnswerUse(judgement)) {
    return;
  }
  Commit(std::move(judgement));
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
  PAWL_RETURN_IF_ERROR(TakeBudgets(rows));
  return parts_.judge->Decide(request_.question, std::move(rows), evidence_,
                              request_.audit.at);  // V4..V6
}

Status Check::TakeBudgets(const db::Rows& rows) {
  evidence_.budgets = wanted_;
  for (size_t i = 0; i < rows.budgets.size(); ++i) {
    const StatusOr<db::BudgetRecord>& row = rows.budgets[i];
    if (row.ok()) {
      evidence_.budgets[i] = {.row = *row, .stored = true};
    } else if (row.status().code() != StatusCode::kNotFound) {
      return row.status();
    }
  }
  return OkStatus();
}

// Answers a yes that consumes nothing, when such a use was committed before;
// else makes it the commit of the first one.
bool Check::AnswerUse(Judgement& judgement) {
  if (!judgement.use.has_value()) {
    return false;
  }
  const db::AuditEntry& audit = request_.audit;
  const DeviceUses::Use use{.device = judgement.use->device.id,
                            .account = judgement.use->device.account,
                            .reason = judgement.outcome.reason,
                            .caller = caller_.id,
                            .service = audit.service,
                            .address = audit.client_address,
                            .at = audit.at};
  if (parts_.uses->Count(use)) {
    // V9 for what consumes nothing.
    Finish(Answered{.outcome = std::move(judgement.outcome),
                    .caller = std::move(caller_)});
    return true;
  }
  judgement.commit.account_guards.push_back(
      {use.account, judgement.use->account_version});
  judgement.commit.devices.push_back(
      DeviceUses::WriteOf(judgement.use->device, use));
  first_use_ = use;
  return false;
}

bool Check::IsBehind(const Judgement& judgement) const {
  if (!judgement.spent.empty() && parts_.high_water->IsSpent(judgement.spent)) {
    return true;
  }
  return std::any_of(judgement.seen.begin(), judgement.seen.end(),
                     [this](const SeenToken& token) {
                       return parts_.high_water->IsBehind(token.id,
                                                          token.position);
                     });
}

bool Check::IsToRemember(const Judgement& judgement) const {
  // "Come back later" is not an answer to remember.
  if (!request_.attempt.has_value() || recalled_ ||
      judgement.outcome.reason == Reason::kThrottled) {
    return false;
  }
  // What a nonce was good for stands in the token's row. A row of its own would
  // double what is written for it, so only what must not be counted again gets
  // one.
  const auto* otp = std::get_if<OtpQuestion>(&request_.question);
  return otp == nullptr || !otp->nonce_mark.has_value() ||
         judgement.counted.has_value();
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
  if (outcome.device.has_value()) {
    commit.audit.device = outcome.device->id;
  }
  commit.audit.hints = outcome.hints;
  if (client_guard_.has_value()) {
    commit.client_guards.push_back(*client_guard_);
  }
  if (IsToRemember(judgement)) {
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
  // A row that another check has made meanwhile is a lost race, too.
  if (status.code() == StatusCode::kAborted ||
      status.code() == StatusCode::kAlreadyExists) {
    parts_.metrics->CountConflict();
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
  NoteCloudCode();
  if (!judgement_.spent.empty()) {
    parts_.high_water->Spend(judgement_.spent);
  }
  if (judgement_.counted.has_value()) {
    parts_.metrics->CountBudget(*judgement_.counted);
  }
  if (judgement_.usual_for.has_value()) {
    parts_.places->Note(*judgement_.usual_for, evidence_.place,
                        request_.audit.at);
  }
  if (first_use_.has_value()) {
    parts_.uses->Begin(*first_use_);
  }
  parts_.cache->Update(keys_, judgement_.commit);
  // V9: the one return of a verdict.
  Finish(Answered{.outcome = std::move(judgement_.outcome),
                  .caller = std::move(caller_),
                  .compared_password = evidence_.password.has_value()});
}

// The code of a YubiCloud key that was accepted.
void Check::NoteCloudCode() const {
  const Outcome& outcome = judgement_.outcome;
  if (!outcome.token.has_value() || !db::IsAccepted(outcome.reason)) {
    return;
  }
  for (const CloudAnswer& answer : evidence_.cloud) {
    if (answer.otp.starts_with(outcome.public_id)) {
      parts_.high_water->NoteCode(*outcome.token,
                                  parts_.hash->OtpMark(answer.otp));
    }
  }
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

void Check::LeaveLane() {
  if (!request_.lane.has_value()) {
    return;
  }
  const std::optional<Check*> next =
      parts_.lanes->Leave(*std::exchange(request_.lane, std::nullopt));
  if (next.has_value()) {
    (*next)->Go();
  }
}

void Check::CountAnswer(const StatusOr<Answered>& answer) const {
  const auto took = std::chrono::steady_clock::now() - began_;
  const db::Event event = request_.audit.event;
  if (answer.ok()) {
    parts_.metrics->CountCheck(event, answer->outcome.reason, took);
  } else {
    parts_.metrics->CountFailure(event, answer.status().code(), took);
  }
}

void Check::Finish(StatusOr<Answered> answer) {
  CountAnswer(answer);
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
