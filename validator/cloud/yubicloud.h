// Yubicloud: asks servers of the Yubico validation protocol about OTPs, as
// their client: signed, with a nonce of its own, one server after the other
// within one deadline.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "base/secret.h"
#include "base/time.h"
#include "validator/cloud/breaker.h"
#include "validator/cloud/fetcher.h"
#include "validator/service/cloud.h"

namespace pawl::validator {

class Yubicloud final : public Cloud {
 public:
  struct Options {
    std::vector<std::string> urls{};  // "https://host/wsapi/2.0/verify"
    int64_t client = 0;
    SecretBytes key{};
    std::filesystem::path ca_file{};  // empty: the system's
    Millis timeout = std::chrono::seconds(5);
  };
  // `rng` must outlive it.
  Yubicloud(Options options, Rng& rng);
  ~Yubicloud() override;

  void Ask(const std::string& otp, std::function<bool()> expired,
           Answered answered) override;

 private:
  struct Question;
  // Asks the next server that may be asked; without one, gives up.
  void TryNext(const std::shared_ptr<Question>& question);
  void OnFetched(const std::shared_ptr<Question>& question, size_t server,
                 const StatusOr<std::string>& body);
  [[nodiscard]] bool MayTry(size_t server);
  // False when as many questions about `key` are open as may be.
  [[nodiscard]] bool Enter(const std::string& key);
  void Leave(const std::string& key);

  Options options_;
  Rng* rng_;
  std::mutex mutex_;
  std::vector<Breaker> breakers_;                 // one for each server
  std::unordered_map<std::string, size_t> open_;  // by public id; none is 0
  Fetcher fetcher_;                               // stopped first
};

}  // namespace pawl::validator
