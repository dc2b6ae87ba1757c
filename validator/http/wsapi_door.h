// WsapiDoor: the Yubico validation protocol, /wsapi/.../verify.
//
// It reads a request, asks the validator, and writes the answer in the words of
// the protocol. The same OTP with the same nonce again is REPLAYED_REQUEST, on
// every replica. Whatever refuses a code is BAD_OTP, throttling too: clients
// take every other word for a reason to ask the next module (docs/wsapi.md).
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include "base/time.h"
#include "validator/http/message.h"
#include "validator/service/validator.h"

namespace pawl::validator {

class WsapiDoor {
 public:
  // Both must outlive the door.
  WsapiDoor(Validator& validator, const Clock& clock)
      : validator_(&validator), clock_(&clock) {}

  void Serve(bool version_2, const HttpRequest& http, Respond respond);

 private:
  Validator* validator_;
  const Clock* clock_;
};

}  // namespace pawl::validator
