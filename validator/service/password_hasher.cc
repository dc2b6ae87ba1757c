#include "validator/service/password_hasher.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "base/ct_equal.h"
#include "base/key_access.h"

namespace pawl::validator {
namespace {

Status TooMany(Millis wait) {
  return MakeStatus(StatusCode::kResourceExhausted,
                    "too many passwords are being hashed, try again in " +
                        std::to_string(wait.count()) + " ms");
}

}  // namespace

PasswordHasher::PasswordHasher(const Options& options, Rng& rng)
    : options_(options),
      rng_(&rng),
      // Random bytes instead of a hash: no password is known to fit either.
      decoy_phc_(FormatPhc({.parameters = options.parameters,
                            .salt = Random(kSaltSize),
                            .hash = Random(kHashSize)})) {
  PAWL_CHECK(options.threads > 0 && options.max_waiting > 0 &&
             IsAllowed(options.parameters));
  for (size_t i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), "hasher");
  }
}

PasswordHasher::~PasswordHasher() {
  Stop();
}

void PasswordHasher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

void PasswordHasher::Verify(std::string_view phc, SecretBytes password,
                            VerifyDone done) {
  StatusOr<PasswordHash> stored = ParsePhc(phc);
  if (!stored.ok()) {
    password = SecretBytes();
    return done(stored.status());
  }
  Add(VerifyJob{.stored = *std::move(stored),
                .password = std::move(password),
                .done = std::move(done)});
}

void PasswordHasher::Hash(SecretBytes password, HashDone done) {
  Add(HashJob{.password = std::move(password), .done = std::move(done)});
}

Millis PasswordHasher::RetryAfter() const {
  const std::lock_guard lock(mutex_);
  return estimate_.For(waiting_.size(), options_.threads);
}

void PasswordHasher::Add(Job job) {
  Status status = Unavailable("the server is stopping");
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      status = TooMany(estimate_.For(waiting_.size(), options_.threads));
    }
    if (!stopping_ && waiting_.size() < options_.max_waiting) {
      waiting_.push_back(std::move(job));
      // With the lock: when the job's owner hears of it, the hasher may go.
      wake_.notify_one();
      return;
    }
  }
  const auto refuse = [&](auto& refused) {
    refused.password = SecretBytes();
    refused.done(status);
  };
  std::visit(refuse, job);
}

void PasswordHasher::Run() {
  while (std::optional<Job> job = Take()) {
    std::visit([this](auto& taken) { Work(taken); }, *job);
  }
}

// Nothing when nothing is left and the hasher is to go.
std::optional<PasswordHasher::Job> PasswordHasher::Take() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  if (waiting_.empty()) {
    return std::nullopt;
  }
  std::optional<Job> job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

void PasswordHasher::Work(VerifyJob& job) {
  StatusOr<Verified> verified = Judge(job.stored, job.password);
  job.password = SecretBytes();
  job.done(std::move(verified));
}

void PasswordHasher::Work(HashJob& job) {
  StatusOr<std::string> phc = MakePhc(job.password);
  job.password = SecretBytes();
  job.done(std::move(phc));
}

StatusOr<PasswordHasher::Verified> PasswordHasher::Judge(
    const PasswordHash& stored, const SecretBytes& password) {
  PAWL_ASSIGN_OR_RETURN(
      const Bytes hash,
      Compute(stored.parameters, password, stored.salt, stored.hash.size()));
  Verified verified{.right = ConstantTimeEqual(hash, stored.hash)};
  if (verified.right && IsWeaker(stored, options_.parameters)) {
    // Without memory for it, the next login will make it better.
    verified.better_phc = MakePhc(password).value_or("");
  }
  return verified;
}

StatusOr<std::string> PasswordHasher::MakePhc(const SecretBytes& password) {
  PasswordHash made{.parameters = options_.parameters,
                    .salt = Random(kSaltSize)};
  PAWL_ASSIGN_OR_RETURN(
      made.hash, Compute(made.parameters, password, made.salt, kHashSize));
  return FormatPhc(made);
}

StatusOr<Bytes> PasswordHasher::Compute(const Argon2Parameters& parameters,
                                        const SecretBytes& password,
                                        const Bytes& salt, size_t size) {
  const auto begin = std::chrono::steady_clock::now();
  PAWL_ASSIGN_OR_RETURN(
      Bytes hash,
      Argon2id(parameters, password.Reveal(GrantKeyAccess()), salt, size));
  const auto took = std::chrono::steady_clock::now() - begin;
  const std::lock_guard lock(mutex_);
  estimate_.Add(took);
  return hash;
}

Bytes PasswordHasher::Random(size_t size) {
  Bytes bytes(size);
  rng_->Fill(bytes);
  return bytes;
}

}  // namespace pawl::validator
