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
#include "validator/service/account_admin.h"
#include "validator/service/client_admin.h"
#include "validator/service/keyed_hash.h"
#include "validator/service/token_registration.h"

namespace pawl::bench {
namespace {

using validator::TokenSpec;

constexpr const char* kCaller = "local";
constexpr size_t kBatch = 512;  // commits
constexpr uint32_t kBetweenProgress = 100'000;
constexpr size_t kPinMinLength = 4;

template <typename OathToken>
void FillOath(const OathToken& from, db::TokenKind kind, TokenSpec& spec) {
  spec.kind = kind;
  spec.public_id = from.token_identifier();
  spec.secret = SecretBytes(from.secret());
  spec.digits = from.digits();
}

TokenSpec SpecOf(const v1::RegisterTokenRequest& token) {
  TokenSpec spec;
  if (token.has_yubico()) {
    spec.kind = db::TokenKind::kYubico;
    spec.public_id = token.yubico().public_id();
    spec.secret = SecretBytes(token.yubico().aes_key());
    spec.private_id = SecretBytes(token.yubico().private_id());
  } else if (token.has_hotp()) {
    FillOath(token.hotp(), db::TokenKind::kHotp, spec);
  } else if (token.has_totp()) {
    FillOath(token.totp(), db::TokenKind::kTotp, spec);
  } else {
    spec.kind = db::TokenKind::kMotp;
    spec.secret = SecretBytes(token.motp().secret());
    spec.motp_pin = SecretBytes(token.motp().pin());
  }
  return spec;
}

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
    TokenSpec spec = SpecOf(population.TokenOf(i));
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
