// BasicDoor: login checks for programs that speak HTTP Basic and take the
// status for the answer: nginx auth_request, HAProxy, Apache, Dovecot, PAM.
//
//   GET /auth/basic?service=imap
//       the caller shows its bearer key in the header X-Pawl-Key; its services
//       bound what it may ask for
//   GET /auth/NAME
//       a path of the configuration, bound to one service; without key, but
//       from this host alone
//
//   200 accepted; X-Pawl-Account, X-Pawl-Account-Id, X-Pawl-Device-Id,
//       X-Pawl-Scope tell who and what for
//   401 refused, or no credentials; X-Pawl-Verdict: DELEGATED when the caller
//       has to check the account password itself
//   400 the question is wrong      403 the caller is
//   429 throttled, 503 nobody knows; both with Retry-After
//
// X-Real-IP is the address of the person, as the caller names it: one address.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "validator/http/message.h"
#include "validator/service/validator.h"

namespace pawl::validator {

class BasicDoor {
 public:
  // Services by path.
  using Paths = std::map<std::string, std::string, std::less<>>;
  static constexpr std::string_view kPath = "/auth/basic";

  // `validator` must outlive the door.
  BasicDoor(Validator& validator, Paths paths)
      : validator_(&validator), paths_(std::move(paths)) {}

  // True when it serves this path.
  [[nodiscard]] bool Has(std::string_view path) const {
    return path == kPath || paths_.find(path) != paths_.end();
  }
  void Serve(const HttpRequest& request, Respond respond);

 private:
  Validator* validator_;
  Paths paths_;
};

}  // namespace pawl::validator
