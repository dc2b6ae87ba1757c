// Cloud: the server that validates the OTPs of tokens whose secrets are not
// here (db::TokenKind::kYubicloud).
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "validator/core/prove.h"

namespace pawl::validator {

class Cloud {
 public:
  using Answered = std::function<void(StatusOr<CloudAnswer>)>;
  virtual ~Cloud() = default;

  // Asks about `otp` (public id and code, lower-case modhex) and calls
  // `answered` exactly once, perhaps before it returns; it must not block.
  // Gives up once `expired` (may be empty) says so. UNAVAILABLE for every
  // answer that cannot be trusted: it counts against nobody.
  virtual void Ask(const std::string& otp, std::function<bool()> expired,
                   Answered answered) = 0;
};

}  // namespace pawl::validator
