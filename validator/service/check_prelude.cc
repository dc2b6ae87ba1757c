// What comes before the credential is looked at: who asks, for which service,
// and whether this attempt had its answer already (V2).
#include <utility>

#include "base/ct_equal.h"
#include "validator/service/check.h"
#include "validator/service/fields.h"

namespace pawl::validator {

using db::Reason;

Status Check::ProveCaller(const db::Rows& rows) {
  if (const auto* known = std::get_if<Caller>(&request_.context.who)) {
    caller_ = *known;
    return ResolveService();
  }
  const StatusOr<db::ClientRecord> nobody = NotFound("no client");
  const StatusOr<db::ClientRecord>& client =
      rows.clients.empty() ? nobody : rows.clients.front();
  const auto& claim = std::get<Claim>(request_.context.who);
  PAWL_ASSIGN_OR_RETURN(
      caller_, claim.request.has_value()
                   ? ProveRequest(*claim.request, client, *parts_.prover)
                   : ProveClaim(claim, client, *parts_.hash));
  PAWL_RETURN_IF_ERROR(CheckRoles(caller_, request_.allowed));
  if (client.ok()) {
    client_guard_ = {client->id, client->version};
  }
  return ResolveService();
}

// The service is one of the caller's own: what a device may open must not hang
// on what a caller may fill in freely.
Status Check::ResolveService() {
  const bool is_bare_code = request_.audit.event == db::Event::kOtpChecked;
  if (is_bare_code && !caller_.services.empty()) {
    return MakeStatus(StatusCode::kPermissionDenied,
                      "your key may check logins for its services only");
  }
  // What is wrong with the question is told by who called.
  if (!request_.refused.ok() || !request_.service.has_value()) {
    return OkStatus();
  }
  std::string_view name = *request_.service;
  const std::string_view own = caller_.services;
  if (name.empty() && !own.empty() && own.find(' ') == own.npos) {
    name = own;
  }
  const Service* service = parts_.catalogue->Find(name);
  if (service == nullptr) {
    return InvalidField("service",
                        name.empty() ? "must be given" : kNoSuchService);
  }
  if (!own.empty() && !HasName(own, name)) {
    return MakeStatus(StatusCode::kPermissionDenied,
                      "your key may not check logins for this service");
  }
  if (auto* login = std::get_if<LoginQuestion>(&request_.question)) {
    login->service = service;
  } else if (auto* device = std::get_if<DeviceQuestion>(&request_.question)) {
    device->service = service;
  }
  request_.audit.service = service->name;
  evidence_.place.service = service->name;
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
  if (db::IsAccepted(record->reason)) {
    PAWL_RETURN_IF_ERROR(Reconsider(judgement.outcome));
  }
  return std::optional(std::move(judgement));
}

// An acceptance is not repeated for an account or token that was disabled or
// removed since: that holds from the very next check on. Rare enough to read
// on the loader's own thread.
Status Check::Reconsider(Outcome& outcome) {
  if (outcome.token.has_value()) {
    const StatusOr<db::TokenRecord> token =
        parts_.store->GetToken(*outcome.token);
    if (token.ok() && token->enabled) {
      outcome.public_id = token->public_id;
    } else if (token.ok() || token.status().code() == StatusCode::kNotFound) {
      outcome.reason = Reason::kTokenDisabled;
    } else {
      return token.status();
    }
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
  PAWL_RETURN_IF_ERROR(account);
  outcome.login = account->account.login;
  return RecallSession(outcome);
}

// The session that the attempt got before, unless it was ended since.
Status Check::RecallSession(Outcome& outcome) {
  const auto* login = std::get_if<LoginQuestion>(&request_.question);
  if (login == nullptr || !login->device.has_value() ||
      login->device->session.empty()) {
    return OkStatus();
  }
  SessionSecret secret = SessionFrom(login->device->seed);
  StatusOr<db::DeviceSnapshot> session = parts_.store->GetDevice(secret.device);
  if (session.status().code() == StatusCode::kNotFound) {
    return OkStatus();
  }
  PAWL_RETURN_IF_ERROR(session);
  if (session->device.account == outcome.account) {
    outcome.device = std::move(session->device);
    outcome.session_credential = std::move(secret.text);
  }
  return OkStatus();
}

}  // namespace pawl::validator
