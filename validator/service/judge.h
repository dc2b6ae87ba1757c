// Judge: read -> prove -> decide (V4..V6), for one round of a check.
//
// It computes and never reads the store or writes: KeysFor() says which rows
// it needs, and its Judgement holds the answer and the commit that would make
// it true, or what has to be known before there can be one.
// validator/service/check.h loads, hashes and commits.
//
//   judge.cc         which rows, codes without an account
//   judge_login.cc   an account's login: code, account password, session
//   judge_device.cc  device passwords and sessions
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
#include "db/spare_codes.h"
#include "db/store.h"
#include "validator/core/access.h"
#include "validator/core/budget.h"
#include "validator/core/decide.h"
#include "validator/core/typed_code.h"
#include "validator/service/keyed_hash.h"
#include "validator/service/places.h"
#include "validator/service/prover.h"

namespace pawl::validator {

struct Policy {
  ThrottlePolicy throttle{};
  // What a name that nobody has is taken to be.
  db::AccountPolicy default_policy = db::AccountPolicy::kOtpWebDevicePasswords;
  Millis session_ttl = std::chrono::hours(12);
};

// The answer of a check: durable when the validator hands it out.
struct Outcome {
  db::Reason reason = db::Reason::kWrongCode;
  std::optional<db::AccountId> account = std::nullopt;
  std::optional<db::TokenId> token = std::nullopt;
  std::string login{};  // of the account, with a yes
  // Of the account as the yes to a login has left it.
  uint64_t account_version = 0;
  std::string public_id{};  // of the token
  db::Hints hints = 0;
  Millis retry_after{0};
  // Whose password it was, or as what the login is seen.
  std::optional<db::DeviceRecord> device = std::nullopt;
  // The session that was asked for; who has told it wipes it.
  std::string session_credential{};
  // Of a YubiKey whose code was good: the position it was moved to, and what
  // its clock showed (24 bits at 8 Hz).
  struct KeyCounters {
    db::Position position = 0;
    uint32_t clock = 0;
  };
  std::optional<KeyCounters> counters = std::nullopt;
};

// How far a token had come when it was read.
struct SeenToken {
  db::TokenId id{};
  std::optional<db::Position> position = std::nullopt;
};

// What a device's yes rests on, which consumes nothing.
struct DeviceUse {
  db::DeviceRecord device{};
  uint64_t account_version = 0;
};

// An OTP that the server which knows its key has to be asked about.
struct CloudQuestion {
  db::TokenId token{};
  std::string otp{};  // public id and code, lower-case modhex
};

// An answer that is not yet durable, and the commit that makes it so. When one
// of the first five is set, there is none yet.
struct Judgement {
  // This account has to be read first.
  std::optional<db::AccountId> needs_account = std::nullopt;
  // These budgets have to be read first.
  std::vector<Budget> needs_budgets{};
  // The account password has to be compared with this PHC string first.
  std::string needs_password{};
  std::optional<CloudQuestion> needs_cloud = std::nullopt;
  // A yes that needs no commit, unless it is the first use from there.
  std::optional<DeviceUse> use = std::nullopt;
  Outcome outcome{};
  db::Commit commit{};  // audit: account, token and position are filled in
  std::vector<SeenToken> seen{};  // what the answer rests on
  std::string spent{};  // the keyed hash of the spare code that is used up
  // The failure that budgets count with it.
  std::optional<db::Cause> counted = std::nullopt;
  // Once it is durable, the place is usual for these.
  std::optional<Subject> usual_for = std::nullopt;
};

// The browser or program of a login.
struct AskedDevice {
  std::string type{};
  std::string name{};
  std::vector<const Service*> session{};  // empty: no session
  std::string seed{};                     // 32 bytes; Secret
};

// What is asked. The views must live until the check is over.
struct LoginQuestion {
  std::string login{};  // in the form that is stored
  std::string_view credential{};
  const Service* service = nullptr;  // none: PIN and code, whatever the policy
  std::optional<AskedDevice> device = std::nullopt;
};
struct DeviceQuestion {
  std::string user_name{};  // a login in the form that is stored, or device id
  DevicePassword password{};
  const Service* service = nullptr;  // none: only whether it is good
};
struct OtpQuestion {
  std::string_view otp{};  // without white space around it
  // For codes that do not name their token; none: the public id in `otp` does.
  std::optional<db::TokenId> token = std::nullopt;
  // The account whose token it must be, and which confirms it by this code.
  std::optional<db::AccountId> confirming = std::nullopt;
  // KeyedHash::NonceMark(); none: asked without a nonce.
  std::optional<uint64_t> nonce_mark = std::nullopt;
};
struct ResyncQuestion {
  db::TokenId token{};
  std::string_view first_code{};
  std::string_view second_code{};
};
using Question =
    std::variant<LoginQuestion, DeviceQuestion, OtpQuestion, ResyncQuestion>;

// An account password that was compared.
struct VerifiedPassword {
  std::string phc{};  // with what
  bool right = false;
  std::string better_phc{};  // to be stored in its place, or empty
};

// What is known beside the rows.
struct Evidence {
  Place place{};
  std::vector<Budget> budgets{};  // as read; empty: not read yet
  std::optional<VerifiedPassword> password = std::nullopt;
  std::vector<CloudAnswer> cloud{};  // to what was asked so far
};

// A session's id and credential, made of 32 secret bytes; who has told the text
// wipes it.
struct SessionSecret {
  db::DeviceId device{};
  std::string text{};
};
[[nodiscard]] SessionSecret SessionFrom(std::string_view seed);

// The front of a code that names its token: most public ids, and OATH token
// identifiers.
[[nodiscard]] std::string_view NameIn(std::string_view otp);

class Judge {
 public:
  // All must outlive the judge. `decoy_phc` is a hash of nobody's password.
  Judge(const Prover& prover, const KeyedHash& hash, Places& places,
        std::string decoy_phc, const Policy& policy,
        const BudgetPolicies& budgets);

  // The rows that the question speaks of.
  [[nodiscard]] db::Keys KeysFor(const Question& question) const;
  // The account row that stands in when nobody has the name; none for a
  // resync. It is always read too, for a device password with the budgets: what
  // is read is the same for known and unknown names.
  [[nodiscard]] std::optional<db::AccountId> StrangerFor(
      const Question& question) const;

  // `rows` are those of KeysFor() and StrangerFor(), V4 to V6 of a check; they
  // become part of the commit, because copies would cost more than it. For a
  // resync NOT_FOUND for an unknown token and FAILED_PRECONDITION for a Yubico
  // token; any other error means that nobody knows.
  [[nodiscard]] StatusOr<Judgement> Decide(const Question& question,
                                           db::Rows&& rows,
                                           const Evidence& evidence,
                                           UnixTime now) const;

 private:
  [[nodiscard]] db::AccountId StrangerOf(std::string_view name) const;
  [[nodiscard]] StatusOr<Judgement> Login(const LoginQuestion& question,
                                          db::Rows& rows,
                                          const Evidence& evidence,
                                          UnixTime now) const;
  [[nodiscard]] StatusOr<Decision> Code(const LoginQuestion& question,
                                        db::AccountSnapshot& found,
                                        const GateState& gate,
                                        const Evidence& evidence, UnixTime now,
                                        Judgement& judgement) const;
  [[nodiscard]] std::optional<SpareProof> ProveSpare(
      const db::AccountRecord& account, const std::vector<db::SpareCode>& codes,
      std::string_view credential) const;
  [[nodiscard]] StatusOr<Decision> WithoutCode(
      bool password, const db::AccountRecord& account, const GateState& gate,
      const Evidence& evidence, UnixTime now, Judgement& judgement) const;
  // Adds the session or the seen login to a yes.
  void AddDevice(const LoginQuestion& question,
                 const db::AccountRecord& account, const db::Rows& rows,
                 const Place& place, UnixTime now, Judgement& judgement) const;
  [[nodiscard]] StatusOr<Judgement> Device(const DeviceQuestion& question,
                                           db::Rows& rows,
                                           const Evidence& evidence,
                                           UnixTime now) const;
  [[nodiscard]] Judgement RefuseDevice(db::Reason reason,
                                       const db::AccountRecord& account,
                                       const db::DeviceRecord* device,
                                       const Evidence& evidence,
                                       UnixTime now) const;
  [[nodiscard]] StatusOr<Judgement> Otp(const OtpQuestion& question,
                                        db::Rows& rows,
                                        const Evidence& evidence,
                                        UnixTime now) const;
  struct Tried {
    db::TokenRecord* token = nullptr;  // the one to be judged
    // It was brought where it is by this very question: nothing is proved.
    bool repeated = false;
    std::vector<Proof> proofs{};
    std::optional<CloudQuestion> unasked = std::nullopt;
  };
  [[nodiscard]] StatusOr<Tried> Try(const OtpQuestion& question,
                                    std::span<db::TokenRecord> candidates,
                                    const Evidence& evidence,
                                    UnixTime now) const;
  [[nodiscard]] Decision OfTried(const OtpQuestion& question,
                                 const Tried& tried, const GateState& gate,
                                 UnixTime now) const;
  [[nodiscard]] StatusOr<Judgement> UnknownToken(std::string_view otp,
                                                 db::Rows& rows,
                                                 const Evidence& evidence,
                                                 UnixTime now) const;
  [[nodiscard]] StatusOr<Judgement> Resync(const ResyncQuestion& question,
                                           db::Rows& rows, UnixTime now) const;

  // Budgets of one check: which matter, whether they were read, their gate.
  struct Counted {
    Subject subject{};
    std::vector<Budget> budgets{};  // as read
    bool known = false;             // they were read
    bool usual = false;
    GateState gate{};
  };
  [[nodiscard]] StatusOr<Judgement> OwnedOtp(db::TokenRecord& token,
                                             const db::Rows& rows,
                                             const Decision& decision,
                                             const Counted& counted,
                                             UnixTime now) const;
  // What `evidence` says of them. Nothing is asked of it when `may_skip` is
  // true and none were read: naming a budget costs a keyed hash.
  [[nodiscard]] Counted Count(const Subject& subject,
                              std::span<const db::Cause> causes,
                              const Evidence& evidence, bool may_skip,
                              UnixTime now) const;
  // The judgement that asks for them.
  [[nodiscard]] Judgement Ask(const Subject& subject,
                              std::span<const db::Cause> causes,
                              const Place& place) const;
  // Adds what the decision does to the budgets.
  void PlanBudgets(const Counted& counted, const Decision& decision,
                   UnixTime now, Judgement& judgement) const;

  const Prover* prover_;
  const KeyedHash* hash_;
  Places* places_;
  std::string decoy_phc_;
  Policy policy_;
  BudgetPolicies budgets_;
};

}  // namespace pawl::validator
