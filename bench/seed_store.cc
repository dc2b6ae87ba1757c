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
constexpr size_t kPinMinLength = 4;

class Seeder {
 public:
  Seeder(db::Store& store, const db::Sealer& sealer,
         const validator::KeyedHash& hash)
      : staging_(store),
        parts_{.store = &staging_,
               .sealer = &sealer,
               .hash = &hash,
               .clock = &clock_,
               .rng = &rng_},
        accounts_(parts_, kPinMinLength),
        tokens_(parts_),
        clients_(parts_) {}

  Status AddPeople(const Population& population) {
    for (uint32_t i = 0; i < population.size(); ++i) {
      PAWL_RETURN_IF_ERROR(AddPerson(population, i));
      if (staging_.kept() >= kBatch) {
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
        clients_.Create("pawl-bench", static_cast<db::Roles>(db::Role::kLogin),
                        /*see_reasons=*/true, kCaller));
    PAWL_RETURN_IF_ERROR(staging_.Flush());
    return std::move(made.key);
  }

 private:
  Status AddPerson(const Population& population, uint32_t i) {
    PAWL_ASSIGN_OR_RETURN(
        const db::AccountSnapshot made,
        accounts_.Create(population.LoginOf(i), population.PinOf(i), kCaller));
    PAWL_ASSIGN_OR_RETURN(validator::TokenSpec spec,
                          validator::SpecFrom(population.TokenOf(i)));
    spec.account = made.account.id;
    return tokens_.Register(std::move(spec), kCaller).status();
  }

  StagingStore staging_;
  SystemClock clock_;
  SystemRng rng_;
  validator::AdminParts parts_;
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
  Seeder seeder(*store, sealer, hash);
  PAWL_ASSIGN_OR_RETURN(const std::string key, seeder.AddClient());
  PAWL_RETURN_IF_ERROR(CreatePrivateFile(options.key_out, key + "\n"));
  return seeder.AddPeople(Population(options.seed, options.tokens));
}

}  // namespace pawl::bench
