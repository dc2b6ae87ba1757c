// TestService: all of validator/service over one store, with a clock and a
// random generator that the test owns, and people with tokens in software.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "db/memory/memory_store.h"
#include "db/seal.h"
#include "oath/hotp.h"
#include "oath/motp.h"
#include "oath/totp.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_rng.h"
#include "tests/support/faulty_store.h"
#include "validator/service/account_admin.h"
#include "validator/service/client_admin.h"
#include "validator/service/device_admin.h"
#include "validator/service/help_desk.h"
#include "validator/service/recovery.h"
#include "validator/service/self_service.h"
#include "validator/service/token_admin.h"
#include "validator/service/token_registration.h"
#include "validator/service/validator.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::testing {

inline constexpr std::string_view kSeed = "12345678901234567890";
inline constexpr std::string_view kMotpSecret = "0f1e2d3c4b5a6978";
inline constexpr std::string_view kMotpPin = "1234";

// A YubiKey that types one OTP after the other.
class TestYubiKey {
 public:
  explicit TestYubiKey(uint8_t number = 1) : TestYubiKey(number, number) {}
  // With the public id of another one, perhaps.
  TestYubiKey(uint8_t number, uint8_t secret)
      : public_id_(yubico::ModhexEncode(
            std::array<uint8_t, 6>{0xff, 0, 0, 0, 0, number})) {
    aes_key_.fill(secret);
    private_id_.fill(secret);
  }

  [[nodiscard]] std::string Press() {
    if (session_use_ == UINT8_MAX) {
      session_use_ = 0;
      ++use_counter_;
    }
    return At(use_counter_, session_use_++);
  }
  [[nodiscard]] std::string At(uint16_t use_counter,
                               uint8_t session_use) const {
    yubico::OtpBlock block;
    block.private_id = private_id_;
    block.use_counter = use_counter;
    block.session_use = session_use;
    return public_id_ + yubico::ModhexEncode(yubico::Seal(block, aes_key_));
  }
  [[nodiscard]] validator::TokenSpec Spec() const {
    validator::TokenSpec spec;
    spec.kind = db::TokenKind::kYubico;
    spec.public_id = public_id_;
    spec.secret = SecretBytes(std::span<const uint8_t>(aes_key_));
    spec.private_id = SecretBytes(std::span<const uint8_t>(private_id_));
    return spec;
  }
  [[nodiscard]] const std::string& public_id() const { return public_id_; }

 private:
  std::string public_id_;
  std::array<uint8_t, yubico::kAesKeySize> aes_key_{};
  std::array<uint8_t, yubico::kPrivateIdSize> private_id_{};
  uint16_t use_counter_ = 1;
  uint8_t session_use_ = 0;
};

// As cheap as argon2id can be.
inline constexpr validator::Argon2Parameters kCheapHash{.memory_kib = 64,
                                                        .passes = 1};

class TestService {
 public:
  explicit TestService(validator::Validator::Options options = {})
      : TestService(nullptr, std::move(options)) {}
  // Over another store, which outlives this; nullptr: a memory store of its
  // own.
  TestService(db::Store* outer, validator::Validator::Options options)
      : store(outer == nullptr ? memory : *outer),
        sealer(
            *db::Sealer::Create(rng.Secret(db::Sealer::kMasterKeySize), rng)),
        hash(*validator::KeyedHash::FromStore(store, sealer, rng)),
        prover(sealer, hash, rng),
        validator(store, prover, hash, catalogue, clock, rng,
                  WithCheapHash(std::move(options))),
        accounts(Parts(), validator.hasher(), {}),
        tokens(Parts()),
        registration(Parts()),
        clients(Parts(), catalogue),
        devices(Parts(), catalogue),
        recovery(Parts()),
        self_service({.validator = &validator,
                      .accounts = &accounts,
                      .tokens = &tokens,
                      .registration = &registration,
                      .recovery = &recovery}),
        help_desk(Parts(), prover, catalogue, options.policy.throttle) {}

  [[nodiscard]] validator::AdminParts Parts() {
    return {.store = &store,
            .sealer = &sealer,
            .hash = &hash,
            .clock = &clock,
            .rng = &rng};
  }

  // Creates an account; an empty PIN: none.
  db::AccountId AddAccount(std::string_view login, std::string_view pin) {
    return accounts.Create({.login = login, .pin = pin}, "test")
        .value()
        .account.id;
  }
  // Registers a token and gives it to an account.
  db::TokenId AddToken(validator::TokenSpec spec, db::AccountId account) {
    spec.account = account;
    return registration.Register(std::move(spec), "test").value().token.id;
  }

  StatusOr<validator::Outcome> Login(std::string_view account,
                                     std::string_view credential,
                                     std::string_view attempt_id = "",
                                     const std::string& caller = "test") {
    return Ask({.account = account,
                .service = "webmail",
                .credential = credential,
                .attempt_id = attempt_id},
               {.who = AnyRole(caller)});
  }
  // A login at any service: what a program does.
  db::Reason ReasonAt(std::string_view service, std::string_view account,
                      std::string_view credential) {
    return Ask(validator::LoginCheck{.account = account,
                                     .service = service,
                                     .credential = credential},
               {.who = AnyRole("test")})
        .value()
        .reason;
  }
  // The reason, for a check that must be decided.
  db::Reason LoginReason(std::string_view account,
                         std::string_view credential) {
    return Login(account, credential).value().reason;
  }
  StatusOr<validator::Outcome> Otp(std::string_view otp,
                                   std::string_view attempt_id = "",
                                   std::string_view token_id = "") {
    return Ask({.otp = otp, .attempt_id = attempt_id, .token_id = token_id},
               {.who = AnyRole("test")});
  }

  static validator::Caller AnyRole(const std::string& id) {
    validator::Caller caller = validator::LocalCaller();
    caller.id = id;
    return caller;
  }

  // Ask and wait.
  StatusOr<validator::Outcome> Ask(const validator::LoginCheck& check,
                                   const validator::CallContext& context) {
    return Wait([&](validator::Done done) {
      validator.CheckLogin(check, context, std::move(done));
    });
  }
  StatusOr<validator::Outcome> Ask(const validator::OtpCheck& check,
                                   const validator::CallContext& context) {
    return Wait([&](validator::Done done) {
      validator.ValidateOtp(check, context, std::move(done));
    });
  }
  StatusOr<validator::Outcome> Resync(db::TokenId token,
                                      std::string_view first_code,
                                      std::string_view second_code) {
    return Wait([&](validator::Done done) {
      validator.ResyncToken({.token = token,
                             .first_code = first_code,
                             .second_code = second_code},
                            {.who = AnyRole("test")}, std::move(done));
    });
  }
  static StatusOr<validator::Outcome> Wait(
      const std::function<void(validator::Done)>& ask) {
    PAWL_ASSIGN_OR_RETURN(validator::Answered answered, validator::Await(ask));
    return std::move(answered.outcome);
  }

  static validator::TokenSpec HotpSpec(int digits = 6,
                                       std::string_view seed = kSeed) {
    validator::TokenSpec spec;
    spec.kind = db::TokenKind::kHotp;
    spec.digits = digits;
    spec.secret = SecretBytes(seed);
    return spec;
  }
  static validator::TokenSpec TotpSpec(int digits = 6,
                                       std::string_view seed = kSeed) {
    validator::TokenSpec spec = HotpSpec(digits, seed);
    spec.kind = db::TokenKind::kTotp;
    return spec;
  }
  static validator::TokenSpec MotpSpec() {
    validator::TokenSpec spec;
    spec.kind = db::TokenKind::kMotp;
    spec.secret = SecretBytes(kMotpSecret);
    spec.motp_pin = SecretBytes(kMotpPin);
    return spec;
  }
  static std::string Hotp(uint64_t counter, int digits = 6,
                          std::string_view seed = kSeed) {
    return oath::Hotp(AsBytes(seed), counter, digits, Hash::kSha1);
  }
  // The code the TOTP token shows now, or `steps` later.
  [[nodiscard]] std::string Totp(int64_t steps = 0, int digits = 6,
                                 std::string_view seed = kSeed) const {
    const uint64_t step = *oath::StepAt(ToUnixSeconds(clock.Now()), 0, 30);
    return Hotp(step + static_cast<uint64_t>(steps), digits, seed);
  }
  [[nodiscard]] std::string Motp(int64_t slots = 0) const {
    const uint64_t slot = *oath::StepAt(ToUnixSeconds(clock.Now()), 0, 10);
    return oath::Motp(kMotpSecret, kMotpPin,
                      slot + static_cast<uint64_t>(slots));
  }

  FakeClock clock;
  FakeRng rng;
  db::MemoryStore memory;
  db::Store& store;
  db::Sealer sealer;
  validator::KeyedHash hash;
  validator::Prover prover;
  validator::Catalogue catalogue = validator::Catalogue::Default();
  validator::Validator validator;
  validator::AccountAdmin accounts;
  validator::TokenAdmin tokens;
  validator::TokenRegistration registration;
  validator::ClientAdmin clients;
  validator::DeviceAdmin devices;
  validator::Recovery recovery;
  validator::SelfService self_service;
  validator::HelpDesk help_desk;

 private:
  static validator::Validator::Options WithCheapHash(
      validator::Validator::Options options) {
    options.passwords.parameters = kCheapHash;
    return options;
  }
};

}  // namespace pawl::testing
