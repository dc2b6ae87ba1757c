#include <iostream>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/rng.h"
#include "base/time.h"
#include "bench/population.h"
#include "bench/seed.h"
#include "bench/staging_store.h"
#include "db/open.h"
#include "db/seal.h"
#include "validator/core/typed_code.h"
#include "validator/grpc/registration.h"
#include "validator/service/account_admin.h"
#include "validator/service/client_admin.h"
#include "validator/service/keyed_hash.h"
#include "validator/service/token_registration.h"

namespace pawl::bench {
namespace {

constexpr const char* kCaller = "local";
constexpr size_t kBatch = 512;  // commits
constexpr uint32_t kBetweenProgress = 100'000;
// What one account of a crowd has.
constexpr uint32_t kCrowdDevices = 500;
constexpr uint32_t kCrowdTokens = 50;

class Seeder {
 public:
  Seeder(db::Store& store, const db::Sealer& sealer,
         const validator::KeyedHash& hash, bool crowd)
      : crowd_(crowd),
        staging_(store),
        parts_{.store = &staging_,
               .sealer = &sealer,
               .hash = &hash,
               .clock = &clock_,
               .rng = &rng_},
        hasher_({}, rng_),
        accounts_(parts_, hasher_, {}),
        tokens_(parts_),
        clients_(parts_, catalogue_) {}

  Status AddPeople(const Population& population) {
    for (uint32_t i = 0; i < population.size(); ++i) {
      PAWL_RETURN_IF_ERROR(crowd_ ? AddToCrowd(population, i)
                                  : AddPerson(population, i));
      // Only what is not flushed yet is known to the staging store.
      if (staging_.kept() >= kBatch &&
          (!crowd_ || (i + 1) % kCrowdDevices == 0)) {
        PAWL_RETURN_IF_ERROR(staging_.Flush());
      }
      if ((i + 1) % kBetweenProgress == 0) {
        std::cerr << "-- " << i + 1 << " tokens\n";
      }
    }
    return staging_.Flush();
  }

  // The client's bearer key.
  StatusOr<std::string> AddClient() {
    PAWL_ASSIGN_OR_RETURN(
        validator::NewClient made,
        clients_.Create({.name = "pawl-bench",
                         .roles = static_cast<db::Roles>(db::Role::kLogin),
                         .see_reasons = true},
                        kCaller));
    PAWL_RETURN_IF_ERROR(staging_.Flush());
    return std::move(made.key);
  }

 private:
  StatusOr<db::AccountId> AddAccount(const Population& population, uint32_t i) {
    const std::string login = population.LoginOf(i);
    const std::string pin = population.PinOf(i);
    PAWL_ASSIGN_OR_RETURN(
        const db::AccountSnapshot made,
        accounts_.Create({.login = login, .pin = pin}, kCaller));
    return made.account.id;
  }

  Status AddToken(const Population& population, uint32_t i,
                  db::AccountId owner) {
    PAWL_ASSIGN_OR_RETURN(validator::TokenSpec spec,
                          validator::SpecFrom(population.TokenOf(i)));
    spec.account = owner;
    return tokens_.Register(std::move(spec), kCaller).status();
  }

  // With a password that both sides can make, where a server makes a random
  // one.
  Status AddDevice(const Population& population, uint32_t i,
                   db::AccountId owner) {
    const std::optional<validator::DevicePassword> password =
        validator::ReadDevicePassword(population.DevicePasswordOf(i));
    db::DeviceRecord device{.id = Population::DeviceOf(i),
                            .account = owner,
                            .type = "mail",
                            .name = "phone",
                            .scopes = "mail",
                            .created = clock_.Now(),
                            .modified = clock_.Now()};
    device.secret_mac = parts_.hash->Device(device.id, password->secret);
    db::Commit commit;
    commit.audit = validator::AdminAudit(db::Event::kDeviceCreated,
                                         device.created, kCaller);
    commit.devices.push_back({.after = std::move(device)});
    return staging_.Commit(commit);
  }

  Status AddPerson(const Population& population, uint32_t i) {
    PAWL_ASSIGN_OR_RETURN(const db::AccountId owner, AddAccount(population, i));
    PAWL_RETURN_IF_ERROR(AddToken(population, i, owner));
    return AddDevice(population, i, owner);
  }

  Status AddToCrowd(const Population& population, uint32_t i) {
    const uint32_t place = i % kCrowdDevices;
    if (place == 0) {
      PAWL_ASSIGN_OR_RETURN(owner_, AddAccount(population, i));
    }
    if (place < kCrowdTokens) {
      PAWL_RETURN_IF_ERROR(AddToken(population, i, owner_));
    }
    return AddDevice(population, i, owner_);
  }

  const bool crowd_;
  db::AccountId owner_{};  // of the crowd

  StagingStore staging_;
  SystemClock clock_;
  SystemRng rng_;
  validator::AdminParts parts_;
  const validator::Catalogue catalogue_ = validator::Catalogue::Default();
  validator::PasswordHasher hasher_;
  validator::AccountAdmin accounts_;
  validator::TokenRegistration tokens_;
  validator::ClientAdmin clients_;
};

}  // namespace

Status SeedStore(const SeedOptions& options) {
  SystemRng rng;
  PAWL_ASSIGN_OR_RETURN(const std::unique_ptr<db::Store> store,
                        db::OpenStore(options.store));
  PAWL_ASSIGN_OR_RETURN(
      const db::Sealer sealer,
      db::Sealer::FromFile(options.master_key, /*create=*/true, rng));
  PAWL_ASSIGN_OR_RETURN(const validator::KeyedHash hash,
                        validator::KeyedHash::FromStore(*store, sealer, rng));
  Seeder seeder(*store, sealer, hash, options.crowd);
  PAWL_ASSIGN_OR_RETURN(const std::string key, seeder.AddClient());
  PAWL_RETURN_IF_ERROR(CreatePrivateFile(options.key_out, key + "\n"));
  return seeder.AddPeople(Population(options.seed, options.tokens));
}

}  // namespace pawl::bench
