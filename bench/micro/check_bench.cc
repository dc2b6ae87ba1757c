// What a check costs before it is written: the parts of load, prove, decide.
#include <array>
#include <optional>
#include <string>

#include <benchmark/benchmark.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/secret.h"
#include "db/record.h"
#include "db/seal.h"
#include "oath/hotp.h"
#include "validator/core/decide.h"
#include "yubico/otp.h"

namespace pawl {
namespace {

constexpr UnixTime kNow = FromUnixMillis(1'700'000'000'000);
constexpr std::array<uint8_t, yubico::kAesKeySize> kAesKey = {1, 2, 3};
constexpr std::string_view kSeed = "12345678901234567890";

void YubicoOpen(benchmark::State& state) {
  const yubico::OtpBlock block{.use_counter = 7, .session_use = 3};
  const AesBlock cipher = yubico::Seal(block, kAesKey);
  for (auto _ : state) {
    benchmark::DoNotOptimize(yubico::Open(cipher, kAesKey, block.private_id));
  }
}
BENCHMARK(YubicoOpen);

// A code that is found nowhere: the whole window is walked in any case.
void HotpWindow(benchmark::State& state) {
  const auto look_ahead = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(oath::FindHotp(AsBytes(kSeed), "00000000", 8,
                                            Hash::kSha1, 41, look_ahead));
  }
}
BENCHMARK(HotpWindow)->Arg(10);

db::TokenRecord YubicoToken() {
  return {.id = {2},
          .account = db::AccountId{1},
          .digits = 32,
          .position = 41,
          .sealed_secret = std::string(60, 's'),
          .fingerprint = std::string(16, 'f')};
}

void DecideLogin(benchmark::State& state) {
  const db::AccountRecord account{.id = {1}, .login = "kim@example.org"};
  const std::array<db::TokenRecord, 1> tokens = {YubicoToken()};
  const std::array<validator::Proof, 1> proofs = {
      validator::Proof{.pin_right = true, .fresh = 42}};
  const validator::LoginFacts facts{
      .account = account, .tokens = tokens, .proofs = proofs};
  for (auto _ : state) {
    benchmark::DoNotOptimize(validator::DecideLogin(facts, {}, kNow));
  }
}
BENCHMARK(DecideLogin);

constexpr db::SealContext kRow{.table = "token", .row = 42, .kind = "secret"};

void Seal(benchmark::State& state) {
  SystemRng rng;
  const db::Sealer sealer =
      *db::Sealer::Create(rng.Secret(db::Sealer::kMasterKeySize), rng);
  const SecretBytes secret(kSeed);
  for (auto _ : state) {
    benchmark::DoNotOptimize(sealer.Seal(kRow, secret));
  }
}
BENCHMARK(Seal);

void OpenSealed(benchmark::State& state) {
  SystemRng rng;
  const db::Sealer sealer =
      *db::Sealer::Create(rng.Secret(db::Sealer::kMasterKeySize), rng);
  const std::string sealed = sealer.Seal(kRow, SecretBytes(kSeed));
  for (auto _ : state) {
    benchmark::DoNotOptimize(sealer.Open(kRow, sealed));
  }
}
BENCHMARK(OpenSealed);

}  // namespace
}  // namespace pawl
