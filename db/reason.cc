#include "db/reason.h"

namespace pawl::db {

std::string_view ToString(Reason reason) {
  switch (reason) {
    case Reason::kGoodCode:
      return "GOOD_CODE";
    case Reason::kReplayed:
      return "REPLAYED";
    case Reason::kWrongCode:
      return "WRONG_CODE";
    case Reason::kWrongPin:
      return "WRONG_PIN";
    case Reason::kMalformed:
      return "MALFORMED";
    case Reason::kThrottled:
      return "THROTTLED";
    case Reason::kLocked:
      return "LOCKED";
    case Reason::kUnknownAccount:
      return "UNKNOWN_ACCOUNT";
    case Reason::kUnknownToken:
      return "UNKNOWN_TOKEN";
    case Reason::kAccountDisabled:
      return "ACCOUNT_DISABLED";
    case Reason::kTokenDisabled:
      return "TOKEN_DISABLED";
    case Reason::kNoToken:
      return "NO_TOKEN";
    case Reason::kAttemptReused:
      return "ATTEMPT_REUSED";
    case Reason::kNotConsecutive:
      return "NOT_CONSECUTIVE";
    case Reason::kGoodPassword:
      return "GOOD_PASSWORD";
    case Reason::kGoodDevicePassword:
      return "GOOD_DEVICE_PASSWORD";
    case Reason::kGoodSession:
      return "GOOD_SESSION";
    case Reason::kGoodRecoveryCode:
      return "GOOD_RECOVERY_CODE";
    case Reason::kDelegate:
      return "DELEGATE";
    case Reason::kWrongPassword:
      return "WRONG_PASSWORD";
    case Reason::kWrongDevicePassword:
      return "WRONG_DEVICE_PASSWORD";
    case Reason::kDeviceExpired:
      return "DEVICE_EXPIRED";
    case Reason::kPolicy:
      return "POLICY";
    case Reason::kScope:
      return "SCOPE";
  }
  return "";
}

}  // namespace pawl::db
