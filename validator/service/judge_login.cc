// An account's login: PIN and code, account password, and the session or seen
// login that a yes brings.
#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/ct_equal.h"
#include "validator/core/credential.h"
#include "validator/service/judge.h"
#include "validator/service/plan_commit.h"

namespace pawl::validator {
namespace {

using db::AccountPolicy;
using db::AccountRecord;
using db::Cause;
using db::DeviceRecord;
using db::Reason;
using db::TokenRecord;

constexpr Cause kPasswordCauses[] = {Cause::kPassword};
constexpr Cause kCodeCauses[] = {Cause::kUndecryptable, Cause::kWrongPin,
                                 Cause::kWrongCode};

// A login that was seen is forgotten when it is not seen again for so long.
constexpr Millis kSeenFor = std::chrono::hours(24 * 180);

// What decides a login.
enum class Path { kCode, kPassword, kNone };

Path PathOf(AccountPolicy policy, const Service* service) {
  if (service == nullptr || Permits(policy, *service, CredentialKind::kCode)) {
    return Path::kCode;
  }
  return Permits(policy, *service, CredentialKind::kAccountPassword)
             ? Path::kPassword
             : Path::kNone;
}

std::span<const Cause> CausesOf(Path path, bool nobody) {
  if (nobody) {
    return kUnknownCauses;
  }
  return path == Path::kPassword ? std::span<const Cause>(kPasswordCauses)
                                 : std::span<const Cause>(kCodeCauses);
}

// The tokens that the readings speak of: an account may have many more, and
// the others play no part. Takes them.
std::vector<TokenRecord> Involved(std::span<TokenRecord> tokens,
                                  std::vector<Reading>& readings) {
  std::vector<TokenRecord> involved;
  size_t last = tokens.size();
  for (Reading& reading : readings) {
    if (reading.token != last) {
      last = reading.token;
      involved.push_back(std::move(tokens[last]));
    }
    reading.token = involved.size() - 1;
  }
  return involved;
}

// The services that a session of an account with `policy` may open, of those
// that were asked for.
std::string SessionScopes(const AskedDevice& asked, AccountPolicy policy) {
  std::vector<std::string> services;
  for (const Service* service : asked.session) {
    if (Permits(policy, *service, CredentialKind::kSession)) {
      services.push_back(service->name);
    }
  }
  return JoinNames(services);
}

Decision Answer(Reason reason) {
  Decision decision;
  decision.reason = reason;
  return decision;
}

}  // namespace

SessionSecret SessionFrom(std::string_view seed) {
  constexpr size_t kIdBytes = 5;
  const uint64_t id =
      std::max<uint64_t>(BigEndianNumber(seed.substr(0, kIdBytes)), 1);
  return {.device = {id},
          .text = FormatDevicePassword(
              id, AsBytes(seed.substr(kIdBytes, kDeviceRandomBytes)))};
}

StatusOr<Judgement> Judge::Login(const LoginQuestion& question, db::Rows& rows,
                                 const Evidence& evidence, UnixTime now) const {
  StatusOr<db::AccountSnapshot>& login = rows.logins.front();
  const bool nobody = IsNotFound(login);
  if (nobody && rows.accounts.empty()) {
    return Internal("no stranger row was read");
  }
  StatusOr<db::AccountSnapshot>& found = nobody ? rows.accounts.front() : login;
  PAWL_RETURN_IF_ERROR(found);
  if (nobody) {
    found->account.policy = policy_.default_policy;
    found->tokens = prover_->Decoys(question.credential);
  }
  const AccountRecord& account = found->account;
  const Path path = PathOf(account.policy, question.service);
  const std::span<const Cause> causes = CausesOf(path, nobody);
  const bool may_skip = path == Path::kCode && !nobody &&
                        !HasRecentFailures(account.throttle, now);
  const Counted counted =
      Count({.account = account.id}, causes, evidence, may_skip, now);
  if (!counted.known && !may_skip) {
    return Ask(counted.subject, causes, evidence.place);
  }
  Judgement judgement;
  PAWL_ASSIGN_OR_RETURN(
      const Decision decision,
      path == Path::kCode
          ? Code(question, *found, counted.gate, evidence, now, judgement)
          : WithoutCode(path == Path::kPassword, account, counted.gate,
                        evidence, now, judgement));
  if (!judgement.needs_password.empty() || judgement.needs_cloud.has_value()) {
    return judgement;
  }
  if (!counted.known && !db::IsAccepted(decision.reason)) {
    return Ask(counted.subject, causes, evidence.place);
  }
  if (!nobody) {
    judgement.outcome.account = account.id;
  }
  if (db::IsAccepted(decision.reason)) {
    judgement.outcome.login = account.login;
  }
  PlanAccount(account, decision, now, judgement.commit);
  const auto& written = judgement.commit.accounts;
  judgement.outcome.account_version =
      written.empty() ? account.version : written.front().after->version;
  PlanBudgets(counted, decision, now, judgement);
  if (db::IsAccepted(decision.reason) && question.device.has_value()) {
    AddDevice(question, account, rows, evidence.place, now, judgement);
  }
  return judgement;
}

// PIN and code. Takes the tokens.
StatusOr<Decision> Judge::Code(const LoginQuestion& question,
                               db::AccountSnapshot& found,
                               const GateState& gate, const Evidence& evidence,
                               UnixTime now, Judgement& judgement) const {
  const AccountRecord& account = found.account;
  std::vector<Reading> readings =
      ReadCredential(question.credential, found.tokens);  // V4
  // Without any reading the decision still asks whether a token is usable.
  std::vector<TokenRecord> tokens = readings.empty()
                                        ? std::move(found.tokens)
                                        : Involved(found.tokens, readings);
  if (gate.gate == Gate::kOpen && account.enabled) {
    judgement.needs_cloud = UnaskedCloud(tokens, readings, evidence);
    if (judgement.needs_cloud.has_value()) {
      return Answer(Reason::kWrongCode);
    }
  }
  PAWL_ASSIGN_OR_RETURN(const std::vector<Proof> proofs,
                        prover_->ProveLogin(account, tokens, readings,
                                            evidence.cloud, now));  // V5
  const std::vector<db::SpareCode> codes =
      db::UnpackSpareCodes(account.spare_codes);
  const std::optional<SpareProof> spare =
      ProveSpare(account, codes, question.credential);
  Decision decision = DecideLogin({.account = account,
                                   .tokens = tokens,
                                   .proofs = proofs,
                                   .spare_codes = codes,
                                   .spare = spare,
                                   .gate = gate},
                                  policy_.throttle, now);  // V6
  if (decision.account.spare_codes.has_value()) {
    judgement.spent = codes[spare->code].mac;
  }
  judgement.outcome = OutcomeOf(decision, tokens);
  if (!account.login.empty()) {
    judgement.seen = Seen(tokens);
    PAWL_RETURN_IF_ERROR(PlanTokens(tokens, decision, now, judgement.commit));
  }
  return decision;
}

std::optional<SpareProof> Judge::ProveSpare(
    const AccountRecord& account, const std::vector<db::SpareCode>& codes,
    std::string_view credential) const {
  std::optional<SpareProof> found;
  for (RecoveryReading& reading : ReadRecoveryCode(credential)) {
    const std::string mac = hash_->SpareCode(account.id, reading.code);
    for (size_t i = 0; i < codes.size(); ++i) {
      if (ConstantTimeEqual(mac, codes[i].mac)) {
        found = {.code = i,
                 .pin_right = prover_->IsPinRight(account, reading.pin)};
      }
    }
    Wipe(reading.code);
  }
  return found;
}

// The account password, or what the policy switches off. A password is hashed
// only behind an open gate, for a name that nobody has as for any other.
StatusOr<Decision> Judge::WithoutCode(bool password,
                                      const AccountRecord& account,
                                      const GateState& gate,
                                      const Evidence& evidence, UnixTime now,
                                      Judgement& judgement) const {
  const bool nobody = account.login.empty();
  const bool closed = gate.gate != Gate::kOpen;
  const std::string& phc = nobody ? decoy_phc_ : account.password;
  if (password && !closed && account.enabled && !phc.empty() &&
      (!evidence.password.has_value() || evidence.password->phc != phc)) {
    judgement.needs_password = phc;
    return Answer(Reason::kWrongPassword);
  }
  std::optional<Decision> refused = RefuseAtOnce(account, gate, now);
  Decision decision;
  if (refused.has_value()) {
    decision = *std::move(refused);
  } else if (!password) {
    decision = Answer(Reason::kPolicy);
  } else if (phc.empty()) {
    decision = Answer(Reason::kDelegate);
  } else {
    decision = DecidePassword(account, evidence.password->right, now);
    if (!evidence.password->better_phc.empty()) {
      decision.account.password = evidence.password->better_phc;
    }
  }
  judgement.outcome = OutcomeOf(decision, {});
  return decision;
}

void Judge::AddDevice(const LoginQuestion& question,
                      const AccountRecord& account, const db::Rows& rows,
                      const Place& place, UnixTime now,
                      Judgement& judgement) const {
  const AskedDevice& asked = *question.device;
  DeviceRecord device{.account = account.id,
                      .kind = db::DeviceKind::kLogin,
                      .type = asked.type,
                      .name = asked.name,
                      .scopes = SessionScopes(asked, account.policy),
                      .created = now,
                      .modified = now,
                      .expires = now + kSeenFor,
                      .last_used = now,
                      .last_address = place.address,
                      .last_service = place.service};
  db::Write<DeviceRecord> write;
  if (!device.scopes.empty()) {
    SessionSecret secret = SessionFrom(asked.seed);
    device.id = secret.device;
    device.kind = db::DeviceKind::kSession;
    device.expires = now + policy_.session_ttl;
    device.secret_mac =
        hash_->Device(device.id, ReadDevicePassword(secret.text)->secret);
    judgement.outcome.session_credential = std::move(secret.text);
  } else if (const StatusOr<db::DeviceSnapshot>& seen = rows.devices.front();
             IsNotFound(seen)) {
    device.id = hash_->SeenDevice(question.login, asked.type, asked.name);
  } else if (seen.ok() && seen->device.account == account.id &&
             seen->device.kind == db::DeviceKind::kLogin) {
    write.before = seen->device;
    device = Apply(seen->device,
                   {.expires = device.expires,
                    .used = db::DeviceChange::Use{.at = now,
                                                  .address = place.address,
                                                  .service = place.service}},
                   now);
  } else {
    return;  // one id in 2^40 is somebody else's; a yes does not fail for that
  }
  judgement.outcome.device = device;
  write.after = std::move(device);
  judgement.commit.devices.push_back(std::move(write));
}

}  // namespace pawl::validator
