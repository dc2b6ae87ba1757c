// Judge: load -> read -> prove -> decide (V3..V6), for one round of a check.
//
// It reads and computes and never writes: its Judgement holds the answer and
// the commit that would make it true. validator/service/validator.h commits.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "db/store.h"
#include "validator/core/decide.h"
#include "validator/service/keyed_hash.h"
#include "validator/service/prover.h"

namespace pawl::validator {

// The answer of a check: durable when the validator hands it out.
struct Outcome {
  db::Reason reason = db::Reason::kWrongCode;
  std::optional<db::AccountId> account = std::nullopt;
  std::optional<db::TokenId> token = std::nullopt;
  std::string public_id{};  // of the token
  db::Hints hints = 0;
  Millis retry_after{0};
};

// An answer that is not yet durable, and the commit that makes it so.
struct Judgement {
  Outcome outcome{};
  db::Commit commit{};  // audit: account, token and position are filled in
  std::vector<db::TokenRecord> read{};  // what the answer rests on
};

class Judge {
 public:
  // All must outlive the judge.
  Judge(db::Store& store, const Prover& prover, const KeyedHash& hash,
        const Policy& policy);

  // `login` in the form that is stored.
  [[nodiscard]] StatusOr<Judgement> Login(std::string_view login,
                                          std::string_view credential,
                                          UnixTime now);
  // `otp` without white space around it. `token` names the token for codes
  // that do not; none: the public id in `otp` does.
  [[nodiscard]] StatusOr<Judgement> Otp(std::string_view otp,
                                        std::optional<db::TokenId> token,
                                        UnixTime now);
  // For a token that is no Yubico token.
  [[nodiscard]] StatusOr<Judgement> Resync(db::TokenId token,
                                           std::string_view first_code,
                                           std::string_view second_code,
                                           UnixTime now);

 private:
  // A name nobody has: the same reads, proofs and writes as for a known one,
  // on a stranger row and decoy tokens.
  [[nodiscard]] StatusOr<Judgement> Stranger(std::string_view name,
                                             std::string_view credential,
                                             db::Reason reason, UnixTime now);
  [[nodiscard]] StatusOr<std::vector<db::TokenRecord>> Candidates(
      std::string_view otp, std::optional<db::TokenId> token);

  db::Store* store_;
  const Prover* prover_;
  const KeyedHash* hash_;
  Policy policy_;
};

}  // namespace pawl::validator
