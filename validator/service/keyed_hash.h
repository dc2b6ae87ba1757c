// KeyedHash: everything Pawl recognises without being able to read it back.
//
// HMAC-SHA-256 under the pepper, a random key sealed in the store. Each
// purpose has its own label, so a hash made for one is worthless for another.
// A four-digit PIN falls to brute force under any hash once the database and
// the key are stolen; sealing, budgets and this pepper protect it, not a slow
// function (ADR 0003).
//
// Thread safety: immutable after Create; all methods may be called from any
// thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/secret.h"
#include "base/status.h"
#include "db/ids.h"
#include "db/seal.h"
#include "db/store.h"

namespace pawl::validator {

class KeyedHash {
 public:
  // Opens the pepper of `store`, making it at the first start.
  // FAILED_PRECONDITION when it is sealed under another master key.
  [[nodiscard]] static StatusOr<KeyedHash> FromStore(db::Store& store,
                                                     const db::Sealer& sealer,
                                                     Rng& rng);
  // True when `store` has no pepper yet.
  [[nodiscard]] static StatusOr<bool> IsNew(db::Store& store);
  explicit KeyedHash(SecretBytes pepper);

  // 32 bytes for an account's PIN, in normal form (core/pin.h).
  [[nodiscard]] std::string Pin(db::AccountId account,
                                std::string_view pin) const;
  // 32 bytes for the secret half of a client's bearer key.
  [[nodiscard]] std::string ClientKey(db::ClientId client,
                                      std::string_view secret) const;
  // 16 bytes that name an attempt of one caller.
  [[nodiscard]] std::string AttemptKey(std::string_view caller,
                                       std::string_view attempt_id) const;
  // 16 bytes that bind an attempt to all that was asked.
  [[nodiscard]] std::string AttemptBinding(
      std::initializer_list<std::string_view> question) const;
  // 16 bytes that recognise a token's secret without revealing it. `family`
  // names the kinds whose codes may coincide.
  [[nodiscard]] std::string Fingerprint(std::string_view family,
                                        std::string_view secret) const;
  // 32 bytes for a device password or session, in normal form
  // (core/typed_code.h).
  [[nodiscard]] std::string Device(db::DeviceId device,
                                   std::string_view secret) const;
  // 16 bytes for a recovery or temporary code, in normal form.
  [[nodiscard]] std::string SpareCode(db::AccountId account,
                                      std::string_view code) const;
  // 16 bytes that recognise an OTP that was used.
  [[nodiscard]] std::string OtpMark(std::string_view otp) const;
  // A number that recognises an OTP with its nonce (TokenRecord::nonce_mark).
  [[nodiscard]] uint64_t NonceMark(std::string_view otp,
                                   std::string_view nonce) const;
  // The device that stands for logins with a browser or program of this type
  // and name.
  [[nodiscard]] db::DeviceId SeenDevice(std::string_view login,
                                        std::string_view type,
                                        std::string_view name) const;
  // 32 bytes of which the session of an attempt is made: the same attempt gets
  // the same session again, though it is stored nowhere. Secret.
  [[nodiscard]] std::string SessionSeed(std::string_view attempt_key) const;
  // The budget of one cause, subject (an id text), source and service.
  [[nodiscard]] db::BudgetId Budget(db::Cause cause, std::string_view subject,
                                    std::string_view source,
                                    std::string_view service) const;
  // 16 bytes that protect a page token of list `list`.
  [[nodiscard]] std::string PageMac(std::string_view list,
                                    std::string_view key) const;
  // A number that spreads unknown names over the stranger rows.
  [[nodiscard]] uint64_t Spread(std::string_view name) const;

 private:
  [[nodiscard]] std::string Mac(
      std::string_view label,
      std::initializer_list<std::string_view> parts) const;
  SecretBytes pepper_;
};

}  // namespace pawl::validator
