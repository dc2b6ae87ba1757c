// Check: one question under way, from its first read to its one answer.
//
// The only place that does load -> prove -> decide -> commit. It holds the
// product's promise. The steps V1..V9 are DESIGN.md's:
//   V1 fields checked, time read once (validator.h)
//   V2 attempt_id seen before? answer again  V6 decide (pure, core/decide.h)
//   V3 load                                  V7 deadline passed? give up
//   V4 read the credential                   V8 commit: its result decides
//   V5 prove (crypto)                        V9 the one return of a verdict
// A commit that lost a race is loaded and decided again, at most kMaxRounds
// times. Every doubt is an error and therefore a refusal for the caller.
//
// No thread waits for a check: it goes on when the loader, the committer, the
// password hasher or the cloud calls it back. The first try may rest on the
// cache, but only when it ends in a yes of a code: a refusal is always decided
// on rows just read, so a cache can cause no wrong no, and a refusal costs the
// same reads whoever is asked for.
//
// A device password consumes nothing: its yes rests on rows just read and needs
// no commit, but for the first one from an address.
//
// Thread safety: a check is driven by one thread at a time and deletes itself
// with its answer.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "base/time.h"
#include "db/committer.h"
#include "db/record_cache.h"
#include "validator/service/caller.h"
#include "validator/service/cloud.h"
#include "validator/service/device_uses.h"
#include "validator/service/high_water.h"
#include "validator/service/judge.h"
#include "validator/service/lanes.h"
#include "validator/service/metrics.h"
#include "validator/service/password_hasher.h"
#include "validator/service/places.h"

namespace pawl::validator {

// Who asks, and until when the answer is of use.
struct CallContext {
  // Known already, or a claim that the check proves with what it reads.
  std::variant<Caller, Claim> who{};
  std::string client_address{};  // of the person, as the caller names it
  // True when nobody waits for the answer any more; may be empty. Called from
  // any thread until the answer.
  std::function<bool()> expired{};
};

// A durable answer, and who asked.
struct Answered {
  Outcome outcome{};
  Caller caller{};
  // What was typed was compared with an account password, or with nobody's.
  bool compared_password = false;
};
// Called exactly once, on whatever thread ends the check; it must not block.
using Done = std::function<void(StatusOr<Answered>)>;

// An attempt_id in the form it is stored.
struct Attempt {
  std::string key;
  std::string binding;
};

// It deletes itself, and nobody else may.
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class Check final : private db::PendingRead, private db::PendingCommit {
 public:
  static constexpr int kMaxRounds = 4;  // decisions on rows just read

  // What all checks share; everything outlives them.
  struct Parts {
    db::Store* store = nullptr;
    db::Loader* loader = nullptr;
    db::Committer* committer = nullptr;
    db::RecordCache* cache = nullptr;
    const Judge* judge = nullptr;
    const KeyedHash* hash = nullptr;
    const Catalogue* catalogue = nullptr;
    HighWater* high_water = nullptr;
    Places* places = nullptr;
    DeviceUses* uses = nullptr;
    PasswordHasher* hasher = nullptr;
    const Prover* prover = nullptr;
    Cloud* cloud = nullptr;  // none: no token is validated elsewhere
    Metrics* metrics = nullptr;
    Lanes<Check*>* lanes = nullptr;
    Millis attempt_ttl{0};
  };
  struct Request {
    // Not OK: what is wrong with the question. Who asks is proved all the same
    // before they are told.
    Status refused{};
    Question question{};
    // The service the caller names, perhaps empty; none: the question has none.
    std::optional<std::string> service = std::nullopt;
    // Of what competing checks have in common; none: waits for no other.
    std::optional<Lanes<Check*>::Lane> lane = std::nullopt;
    std::optional<Attempt> attempt = std::nullopt;
    CallContext context{};
    db::Roles allowed = 0;   // what a claim must come to
    db::AuditEntry audit{};  // event, time and what the caller told
    Done done{};
  };

  // Goes on its own from here and calls request.done: the answer, or
  // UNAUTHENTICATED and PERMISSION_DENIED for a claim; request.refused; the
  // errors of Judge::Decide() for a resync; DEADLINE_EXCEEDED and
  // RESOURCE_EXHAUSTED when nothing was used up; UNAVAILABLE for every doubt.
  static void Start(const Parts& parts, Request request);

 private:
  Check(const Parts& parts, Request request);
  ~Check() = default;

  void Go();
  [[nodiscard]] bool OfDevice() const;
  [[nodiscard]] bool MayUseCache() const;
  [[nodiscard]] bool TryCached();
  [[nodiscard]] StatusOr<Judgement> DecideCached();
  void Load();
  [[nodiscard]] StatusOr<Judgement> Decide(db::Rows&& rows);
  [[nodiscard]] StatusOr<std::optional<Judgement>> Recall(const db::Rows& rows);
  [[nodiscard]] Status Reconsider(Outcome& outcome);
  [[nodiscard]] Status RecallSession(Outcome& outcome);
  [[nodiscard]] Status ProveCaller(const db::Rows& rows);
  [[nodiscard]] Status ResolveService();
  [[nodiscard]] Status TakeBudgets(const db::Rows& rows);
  void AddStranger();
  void Want(std::vector<Budget> budgets);
  void Weigh(Judgement judgement);
  void Compare(const std::string& phc);
  void AskCloud(const CloudQuestion& question);
  void LeaveLane();
  [[nodiscard]] bool AnswerUse(Judgement& judgement);
  [[nodiscard]] bool IsBehind(const Judgement& judgement) const;
  [[nodiscard]] bool IsToRemember(const Judgement& judgement) const;
  void Complete(Judgement& judgement);
  void Commit(Judgement judgement);
  [[nodiscard]] static Status TooLate();
  void Again(const Status& reason);
  void Fail(const Status& failure);
  void Finish(StatusOr<Answered> answer);
  void NoteCloudCode() const;
  void CountAnswer(const StatusOr<Answered>& answer) const;

  [[nodiscard]] const db::Keys& GetKeys() const override { return keys_; }
  void OnRead(StatusOr<db::Rows> rows) override;
  [[nodiscard]] const db::Commit& GetCommit() const override {
    return judgement_.commit;
  }
  [[nodiscard]] bool IsExpired() const override;
  void OnCommitted(const Status& status) override;

  const Parts& parts_;
  Request request_;
  std::chrono::steady_clock::time_point began_ =
      std::chrono::steady_clock::now();
  db::Keys keys_;
  Caller caller_;
  std::optional<db::Guard<db::ClientId>> client_guard_;
  Evidence evidence_;
  std::vector<Budget> wanted_;  // as they begin; read with the next rows
  Judgement judgement_;
  std::optional<DeviceUses::Use> first_use_;
  bool loaded_ = false;
  bool has_stranger_ = false;  // as the first of the accounts in keys_
  bool recalled_ = false;
  int round_ = 0;
};

}  // namespace pawl::validator
