// PasswordHasher: hashes and checks passwords on threads of its own.
//
// One hash costs tens of milliseconds and megabytes on purpose, so it must run
// neither on the threads that serve everybody else nor more often at once than
// the machine can bear: the threads bound time and memory, the queue bounds
// what waits (I8), and beyond it callers hear RESOURCE_EXHAUSTED.
//
// `done` is called exactly once, without a lock held, when the password is
// already wiped: by the calling thread before the method returns when nothing
// needs to be hashed (malformed hash, full queue), else by one of the pool's
// threads. It should be quick, and may ask for more.
//
// Thread safety: all methods may be called from any thread. The destructor
// waits until everything that was asked for is done, and must not run on one of
// the pool's threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "base/rng.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/time.h"
#include "validator/service/argon2id.h"
#include "validator/service/wait_estimate.h"

namespace pawl::validator {

class PasswordHasher {
 public:
  struct Options {
    size_t threads = 2;             // at least 1
    size_t max_waiting = 64;        // at least 1, besides what is being hashed
    Argon2Parameters parameters{};  // of new hashes; IsAllowed()
  };
  struct Verified {
    bool right = false;
    // What to store instead, when the password was right and its stored hash
    // is weaker than a new one; else empty.
    std::string better_phc{};
  };
  using VerifyDone = std::function<void(StatusOr<Verified>)>;
  using HashDone = std::function<void(StatusOr<std::string>)>;

  // `rng` must outlive it. Options that are not allowed are a bug
  // (PAWL_CHECK).
  PasswordHasher(const Options& options, Rng& rng);
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  // Whether `password`, in normal form (core/account_password.h), is the one
  // that `phc` was made of. DATA_LOSS when `phc` is malformed or asks for more
  // than is allowed, RESOURCE_EXHAUSTED when too much waits, UNAVAILABLE
  // without memory. It costs what `phc` says: as long as hashes of other
  // parameters are stored, a check against decoy_phc() can be told from theirs.
  void Verify(std::string_view phc, SecretBytes password, VerifyDone done);

  // The PHC string of a new password, in normal form. Fails as Verify() does.
  void Hash(SecretBytes password, HashDone done);

  // How long work that came now would wait; RESOURCE_EXHAUSTED names it.
  [[nodiscard]] Millis RetryAfter() const;

  // Finishes what waits; from then on everything is UNAVAILABLE at once. The
  // destructor does the same.
  void Stop();

  // The hash of a password that nobody knows: names that nobody has are
  // verified against it, so that they cost the same.
  [[nodiscard]] const std::string& decoy_phc() const { return decoy_phc_; }

 private:
  struct VerifyJob {
    PasswordHash stored{};
    SecretBytes password{};
    VerifyDone done{};
  };
  struct HashJob {
    SecretBytes password{};
    HashDone done{};
  };
  using Job = std::variant<VerifyJob, HashJob>;

  void Add(Job job);
  void Run();
  [[nodiscard]] std::optional<Job> Take();
  void Work(VerifyJob& job);
  void Work(HashJob& job);
  [[nodiscard]] StatusOr<Verified> Judge(const PasswordHash& stored,
                                         const SecretBytes& password);
  [[nodiscard]] StatusOr<std::string> MakePhc(const SecretBytes& password);
  [[nodiscard]] StatusOr<Bytes> Compute(const Argon2Parameters& parameters,
                                        const SecretBytes& password,
                                        const Bytes& salt, size_t size);
  [[nodiscard]] Bytes Random(size_t size);

  const Options options_;
  Rng* rng_;
  const std::string decoy_phc_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  WaitEstimate estimate_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: they use the others
};

}  // namespace pawl::validator
