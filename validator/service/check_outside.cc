// What a check asks others for and waits: the hash of an account password, and
// the server that validates a key of the YubiCloud. No thread waits, and when
// the answer is there the check begins anew: what was read before may be old.
#include <chrono>
#include <utility>

#include "validator/core/account_password.h"
#include "validator/service/check.h"

namespace pawl::validator {
namespace {

std::string_view ResultOf(const StatusOr<CloudAnswer>& answer) {
  if (!answer.ok()) {
    return "unavailable";
  }
  switch (answer->result) {
    case CloudAnswer::Result::kGood:
      return "good";
    case CloudAnswer::Result::kReplayed:
      return "replayed";
    case CloudAnswer::Result::kBad:
      break;
  }
  return "bad";
}

}  // namespace

Status Check::TooLate() {
  return MakeStatus(StatusCode::kDeadlineExceeded,
                    "the deadline passed before the check was decided");
}

// Hashes the account password, away from all that others wait for, and begins
// anew: what was read before may be old by then.
void Check::Compare(const std::string& phc) {
  if (IsExpired()) {
    return Finish(TooLate());
  }
  const auto& login = std::get<LoginQuestion>(request_.question);
  std::string typed = NormalizeTypedPassword(login.credential);
  SecretBytes password(typed);
  Wipe(typed);
  parts_.hasher->Verify(
      phc, std::move(password),
      [this, phc](StatusOr<PasswordHasher::Verified> verified) {
        if (!verified.ok()) {
          return Fail(verified.status());
        }
        evidence_.password = {.phc = phc,
                              .right = verified->right,
                              .better_phc = std::move(verified->better_phc)};
        Load();
      });
}

// Asks the server that knows the key, and begins anew: what was read before may
// be old by then. Others of the same name do not wait meanwhile (they would for
// as long as the server takes); the position decides between them.
void Check::AskCloud(const CloudQuestion& question) {
  if (IsExpired()) {
    return Finish(TooLate());
  }
  if (parts_.cloud == nullptr) {
    return Fail(Unavailable("no server is configured that knows this key"));
  }
  LeaveLane();
  if (parts_.high_water->IsLastCode(question.token,
                                    parts_.hash->OtpMark(question.otp))) {
    evidence_.cloud.push_back(
        {.otp = question.otp, .result = CloudAnswer::Result::kReplayed});
    return Load();
  }
  parts_.cloud->Ask(
      question.otp, request_.context.expired,
      [this,
       asked = std::chrono::steady_clock::now()](StatusOr<CloudAnswer> answer) {
        parts_.metrics->CountUpstream(ResultOf(answer),
                                      std::chrono::steady_clock::now() - asked);
        if (!answer.ok()) {
          return Fail(answer.status());
        }
        evidence_.cloud.push_back(*std::move(answer));
        Load();
      });
}

}  // namespace pawl::validator
