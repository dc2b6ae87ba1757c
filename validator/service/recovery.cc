#include "validator/service/recovery.h"

#include <array>
#include <optional>
#include <utility>

#include "base/secret.h"
#include "validator/core/throttle.h"
#include "validator/core/typed_code.h"

namespace pawl::validator {
namespace {

using db::AccountId;
using db::AccountSnapshot;
using db::DeviceKind;
using db::DeviceRecord;
using db::Event;
using db::SpareCode;

db::TokenChange ChangeFor(ResetTokens tokens) {
  db::TokenChange change;
  if (tokens == ResetTokens::kUnassign) {
    change.account = std::optional<AccountId>();
  } else {
    change.enabled = false;
  }
  return change;
}

}  // namespace

Recovery::Recovery(const AdminParts& parts) : parts_(parts) {}

// Adds a new code to `codes`. Its text is given back.
std::string Recovery::NewCode(AccountId id, std::vector<SpareCode>& codes,
                              std::optional<UnixTime> expires) const {
  std::array<uint8_t, kRecoveryRandomBytes> random{};
  parts_.rng->Fill(random);
  std::string text = FormatRecoveryCode(random);
  Wipe(random);
  std::vector<RecoveryReading> read = ReadRecoveryCode(text);
  PAWL_CHECK(read.size() == 1);
  codes.push_back({.mac = parts_.hash->SpareCode(id, read.front().code),
                   .expires = expires});
  Wipe(read.front().code);
  return text;
}

// Puts `made` in the place of the codes of its kind: those that expire, or
// those that do not.
Status Recovery::Replace(AccountId id, const std::vector<SpareCode>& made,
                         Event event, UnixTime now, const std::string& caller) {
  return RetryOnRace([&]() -> Status {
    PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found,
                          GetPersonsAccount(*parts_.store, id));
    std::vector<SpareCode> codes =
        db::UnpackSpareCodes(found.account.spare_codes);
    std::erase_if(codes, [&](const SpareCode& code) {
      return code.expires.has_value() == made.front().expires.has_value();
    });
    codes.insert(codes.end(), made.begin(), made.end());
    db::Commit commit;
    commit.audit = AdminAudit(event, now, caller);
    commit.audit.account = id;
    AddChange(found.account, {.spare_codes = db::PackSpareCodes(codes)}, now,
              commit);
    return parts_.store->Commit(commit);
  });
}

StatusOr<std::vector<std::string>> Recovery::MakeCodes(
    AccountId id, const std::string& caller) {
  std::vector<SpareCode> made;
  std::vector<std::string> texts;
  while (texts.size() < kCodes) {
    texts.push_back(NewCode(id, made, std::nullopt));
  }
  const Status done =
      Replace(id, made, Event::kRecoveryCodesMade, parts_.clock->Now(), caller);
  if (!done.ok()) {
    for (std::string& text : texts) {
      Wipe(text);
    }
    return done;
  }
  return texts;
}

StatusOr<TemporaryCode> Recovery::MakeTemporaryCode(AccountId id, Millis ttl,
                                                    const std::string& caller) {
  if (ttl < kMinTtl || ttl > kMaxTtl) {
    return InvalidField("ttl", "must be one minute to 7 days");
  }
  const UnixTime now = parts_.clock->Now();
  std::vector<SpareCode> made;
  TemporaryCode code{.expires = now + ttl};
  code.code = NewCode(id, made, code.expires);
  const Status done = Replace(id, made, Event::kTemporaryCodeMade, now, caller);
  if (!done.ok()) {
    Wipe(code.code);
    return done;
  }
  return code;
}

StatusOr<AccountSnapshot> Recovery::ResetSecondFactor(
    AccountId id, ResetTokens tokens, const std::string& caller) {
  PAWL_RETURN_IF_ERROR(RetryOnRace([&] { return Reset(id, tokens, caller); }));
  PAWL_RETURN_IF_ERROR(RetryOnRace([&] { return EndSessions(id, caller); }));
  return GetPersonsAccount(*parts_.store, id);
}

Status Recovery::Reset(AccountId id, ResetTokens tokens,
                       const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(const AccountSnapshot found,
                        GetPersonsAccount(*parts_.store, id));
  PAWL_ASSIGN_OR_RETURN(std::vector<DeviceRecord> sessions,
                        DevicesOf(*parts_.store, id, DeviceKind::kSession));
  const UnixTime now = parts_.clock->Now();
  db::Commit commit;
  commit.audit = AdminAudit(Event::kSecondFactorReset, now, caller);
  commit.audit.account = id;
  AddChange(found.account,
            {.throttle = AfterSuccess(found.account.throttle),
             .pin_mac = std::string(),
             .policy = db::AccountPolicy::kPassword,
             .spare_codes = std::string()},
            now, commit);
  const db::TokenChange change = ChangeFor(tokens);
  for (const db::TokenRecord& token : found.tokens) {
    PAWL_RETURN_IF_ERROR(AddChange(token, change, now, commit));
  }
  for (DeviceRecord& session : sessions) {
    commit.devices.push_back({.before = std::move(session)});
  }
  return parts_.store->Commit(commit);
}

// A login that only guards the account may have made a session between the
// listing and the reset. After the reset none can, because the account has
// another version: what is found now is all there is.
Status Recovery::EndSessions(AccountId id, const std::string& caller) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<DeviceRecord> late,
                        DevicesOf(*parts_.store, id, DeviceKind::kSession));
  return late.empty() ? OkStatus() : RemoveDevices(parts_, late, caller);
}

}  // namespace pawl::validator
