// The names of stored numbers, as the API has them.
#include "db/record.h"

namespace pawl::db {

std::string_view ToString(AccountPolicy policy) {
  switch (policy) {
    case AccountPolicy::kPassword:
      return "PASSWORD";
    case AccountPolicy::kOtpWeb:
      return "OTP_WEB";
    case AccountPolicy::kOtpWebDevicePasswords:
      return "OTP_WEB_DEVICE_PASSWORDS";
    case AccountPolicy::kOtpOnly:
      return "OTP_ONLY";
  }
  return "";
}

std::string_view ToString(TokenKind kind) {
  switch (kind) {
    case TokenKind::kYubico:
      return "YUBICO";
    case TokenKind::kHotp:
      return "HOTP";
    case TokenKind::kTotp:
      return "TOTP";
    case TokenKind::kMotp:
      return "MOTP";
    case TokenKind::kYubicloud:
      return "YUBICLOUD";
  }
  return "";
}

std::string_view ToString(Event event) {
  switch (event) {
    case Event::kLoginChecked:
      return "LOGIN_CHECKED";
    case Event::kOtpChecked:
      return "OTP_CHECKED";
    case Event::kTokenResynced:
      return "TOKEN_RESYNCED";
    case Event::kAccountCreated:
      return "ACCOUNT_CREATED";
    case Event::kAccountRenamed:
      return "ACCOUNT_RENAMED";
    case Event::kAccountPinSet:
      return "ACCOUNT_PIN_SET";
    case Event::kAccountEnabled:
      return "ACCOUNT_ENABLED";
    case Event::kAccountDisabled:
      return "ACCOUNT_DISABLED";
    case Event::kAccountUnlocked:
      return "ACCOUNT_UNLOCKED";
    case Event::kAccountDeleted:
      return "ACCOUNT_DELETED";
    case Event::kAccountPolicySet:
      return "ACCOUNT_POLICY_SET";
    case Event::kAccountPasswordSet:
      return "ACCOUNT_PASSWORD_SET";
    case Event::kAccountDevicePasswordsSet:
      return "ACCOUNT_DEVICE_PASSWORDS_SET";
    case Event::kTokenRegistered:
      return "TOKEN_REGISTERED";
    case Event::kTokenUpdated:
      return "TOKEN_UPDATED";
    case Event::kTokenEnabled:
      return "TOKEN_ENABLED";
    case Event::kTokenDisabled:
      return "TOKEN_DISABLED";
    case Event::kTokenUnlocked:
      return "TOKEN_UNLOCKED";
    case Event::kTokenAssigned:
      return "TOKEN_ASSIGNED";
    case Event::kTokenUnassigned:
      return "TOKEN_UNASSIGNED";
    case Event::kTokenDeleted:
      return "TOKEN_DELETED";
    case Event::kTokenConfirmed:
      return "TOKEN_CONFIRMED";
    case Event::kClientCreated:
      return "CLIENT_CREATED";
    case Event::kClientDeleted:
      return "CLIENT_DELETED";
    case Event::kRecoveryCodesMade:
      return "RECOVERY_CODES_MADE";
    case Event::kTemporaryCodeMade:
      return "TEMPORARY_CODE_MADE";
    case Event::kSecondFactorReset:
      return "SECOND_FACTOR_RESET";
    case Event::kDeviceCreated:
      return "DEVICE_CREATED";
    case Event::kDeviceUpdated:
      return "DEVICE_UPDATED";
    case Event::kDeviceRegenerated:
      return "DEVICE_REGENERATED";
    case Event::kDeviceDeleted:
      return "DEVICE_DELETED";
    case Event::kCredentialExplained:
      return "CREDENTIAL_EXPLAINED";
    case Event::kUsualPlacesNoted:
      return "USUAL_PLACES_NOTED";
  }
  return "";
}

std::string_view ToString(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::kPassword:
      return "PASSWORD";
    case DeviceKind::kSession:
      return "SESSION";
    case DeviceKind::kLogin:
      return "LOGIN";
  }
  return "";
}

std::string_view ToString(Cause cause) {
  switch (cause) {
    case Cause::kUnknown:
      return "UNKNOWN";
    case Cause::kUndecryptable:
      return "UNDECRYPTABLE";
    case Cause::kWrongPin:
      return "WRONG_PIN";
    case Cause::kWrongCode:
      return "WRONG_CODE";
    case Cause::kPassword:
      return "PASSWORD";
    case Cause::kDevicePassword:
      return "DEVICE_PASSWORD";
    case Cause::kExplain:
      return "EXPLAIN";
    case Cause::kUsualPlace:
      return "USUAL_PLACE";
  }
  return "";
}

}  // namespace pawl::db
