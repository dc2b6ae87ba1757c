#include "validator/cloud/yubicloud.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/bytes.h"
#include "base/key_access.h"
#include "base/log.h"
#include "validator/cloud/answer.h"
#include "yubico/otp.h"

namespace pawl::validator {
namespace {

using Steady = std::chrono::steady_clock;
constexpr size_t kNonceBytes = 16;
// Strangers may ask about one key without end: no more of these at a time.
constexpr size_t kMaxOpenOfOneKey = 8;

}  // namespace

// One OTP that is asked about.
struct Yubicloud::Question {
  CloudRequest request;
  std::function<bool()> expired;
  Answered answered;
  Steady::time_point deadline;
  size_t next = 0;  // server
};

Yubicloud::Yubicloud(Options options, Rng& rng)
    : options_(std::move(options)),
      rng_(&rng),
      breakers_(options_.urls.size()),
      fetcher_(options_.ca_file) {}

Yubicloud::~Yubicloud() = default;

void Yubicloud::Ask(const std::string& otp, std::function<bool()> expired,
                    Answered answered) {
  const std::string key = otp.substr(0, otp.size() - yubico::kCipherLetters);
  if (!Enter(key)) {
    return answered(MakeStatus(StatusCode::kResourceExhausted,
                               "too many codes of one key at once"));
  }
  const SecretBytes nonce = rng_->Secret(kNonceBytes);
  TryNext(std::make_shared<Question>(
      Question{.request = {.otp = otp,
                           .nonce = HexEncode(nonce.Reveal(GrantKeyAccess()))},
               .expired = std::move(expired),
               .answered =
                   [this, key, answered = std::move(answered)](
                       const StatusOr<CloudAnswer>& answer) {
                     Leave(key);
                     answered(answer);
                   },
               .deadline = Steady::now() + options_.timeout}));
}

bool Yubicloud::Enter(const std::string& key) {
  const std::lock_guard lock(mutex_);
  size_t& open = open_[key];
  return open < kMaxOpenOfOneKey && ++open > 0;
}

void Yubicloud::Leave(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(key);
  if (--found->second == 0) {
    open_.erase(found);
  }
}

bool Yubicloud::MayTry(size_t server) {
  const std::lock_guard lock(mutex_);
  return breakers_[server].MayTry(Steady::now());
}

void Yubicloud::TryNext(const std::shared_ptr<Question>& question) {
  const size_t servers = options_.urls.size();
  // Each server that is left gets its share of the time that is left.
  const auto left =
      std::chrono::duration_cast<Millis>(question->deadline - Steady::now());
  while (left > Millis{0} && question->next < servers &&
         !MayTry(question->next)) {
    ++question->next;
  }
  if (question->next == servers || left <= Millis{0}) {
    return question->answered(
        Unavailable("no server that validates this key has answered"));
  }
  const size_t server = question->next++;
  const auto share = static_cast<int64_t>(servers - server);
  const std::string query =
      WriteCloudQuery(question->request, options_.client,
                      options_.key.Reveal(GrantKeyAccess()));
  fetcher_.Get({.url = options_.urls[server] + "?" + query,
                .timeout = std::max(left / share, Millis{1}),
                .expired = question->expired},
               [this, question, server](const StatusOr<std::string>& body) {
                 OnFetched(question, server, body);
               });
}

void Yubicloud::OnFetched(const std::shared_ptr<Question>& question,
                          size_t server, const StatusOr<std::string>& body) {
  const StatusOr<CloudAnswer> answer =
      body.ok() ? ReadCloudAnswer(*body, question->request,
                                  options_.key.Reveal(GrantKeyAccess()))
                : StatusOr<CloudAnswer>(body.status());
  // Who does not wait long enough says nothing about the server, nor do too
  // many questions at once.
  const bool ours = (question->expired && question->expired()) ||
                    answer.status().code() == StatusCode::kResourceExhausted;
  if (answer.ok() || !ours) {
    const std::lock_guard lock(mutex_);
    answer.ok() ? breakers_[server].Succeeded()
                : breakers_[server].Failed(Steady::now());
  }
  if (answer.ok()) {
    return question->answered(answer);
  }
  Log(Severity::kWarning, "upstream_unavailable")
      .With("url", options_.urls[server])
      .With("error", MessageOf(answer.status()));
  if (ours) {
    return question->answered(answer.status());
  }
  TryNext(question);
}

}  // namespace pawl::validator
