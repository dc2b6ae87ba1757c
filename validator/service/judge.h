// Judge: read -> prove -> decide (V4..V6), for one round of a check.
//
// It computes and never reads the store or writes: KeysFor() says which rows
// it needs, and its Judgement holds the answer and the commit that would make
// it true. validator/service/check.h loads and commits.
//
// Thread safety: all methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
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
  // Whose password it was, or as what the login is seen.
  std::optional<db::DeviceRecord> device = std::nullopt;
  // The session that was asked for; who has told it wipes it.
  std::string session_credential{};
};

// How far a token had come when it was read.
struct SeenToken {
  db::TokenId id{};
  std::optional<db::Position> position = std::nullopt;
};

// An answer that is not yet durable, and the commit that makes it so.
struct Judgement {
  Outcome outcome{};
  db::Commit commit{};  // audit: account, token and position are filled in
  std::vector<SeenToken> seen{};  // what the answer rests on
};

// What is asked. The views must live until the check is over.
struct LoginQuestion {
  std::string login{};  // in the form that is stored
  std::string_view credential{};
};
struct OtpQuestion {
  std::string_view otp{};  // without white space around it
  // For codes that do not name their token; none: the public id in `otp` does.
  std::optional<db::TokenId> token = std::nullopt;
};
struct ResyncQuestion {
  db::TokenId token{};
  std::string_view first_code{};
  std::string_view second_code{};
};
using Question = std::variant<LoginQuestion, OtpQuestion, ResyncQuestion>;

// The front of a code that names its token: most public ids, and OATH token
// identifiers.
[[nodiscard]] std::string_view NameIn(std::string_view otp);

class Judge {
 public:
  // Both must outlive the judge.
  Judge(const Prover& prover, const KeyedHash& hash, const Policy& policy);

  // The rows that the question speaks of.
  [[nodiscard]] static db::Keys KeysFor(const Question& question);
  // The account row that stands in when nobody has the name; none for a
  // resync. It is always read too: what is read is the same for known and
  // unknown names.
  [[nodiscard]] std::optional<db::AccountId> StrangerFor(
      const Question& question) const;

  // `rows` are those of KeysFor() and StrangerFor(), V4 to V6 of a check; they
  // become part of the commit, because copies would cost more than it. For a
  // resync NOT_FOUND for an unknown token and FAILED_PRECONDITION for a Yubico
  // token; any other error means that nobody knows.
  [[nodiscard]] StatusOr<Judgement> Decide(const Question& question,
                                           db::Rows&& rows, UnixTime now) const;

 private:
  [[nodiscard]] StatusOr<Judgement> Login(const LoginQuestion& question,
                                          db::Rows& rows, UnixTime now) const;
  [[nodiscard]] StatusOr<Judgement> Otp(const OtpQuestion& question,
                                        db::Rows& rows, UnixTime now) const;
  [[nodiscard]] StatusOr<Judgement> Resync(const ResyncQuestion& question,
                                           db::Rows& rows, UnixTime now) const;
  // A name nobody has: the same reads, proofs and writes as for a known one,
  // on a stranger row and decoy tokens.
  [[nodiscard]] StatusOr<Judgement> Stranger(std::string_view credential,
                                             db::Rows& rows, db::Reason reason,
                                             UnixTime now) const;

  const Prover* prover_;
  const KeyedHash* hash_;
  Policy policy_;
};

}  // namespace pawl::validator
