#include "bench/recovery.h"

#include <csignal>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/calls.h"
#include "bench/unary.h"

namespace pawl::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kComesBackWithin{120};
constexpr std::chrono::milliseconds kBetweenTries{2};
// Of this many accepted codes, the newest of each token is presented again.
constexpr size_t kRemembered = 20'000;

class Recovery {
 public:
  Recovery(const LoadOptions& options, const Target& target,
           const Positions& positions)
      : options_(options),
        population_(options.seed, options.tokens),
        codes_(population_, positions, clock_,
               {.kinds = options.kinds, .with_pin = true}),
        target_(target),
        asked_(options.outstanding) {}

  StatusOr<RecoveryReport> Run(int server);

 private:
  // Sends the next fresh code.
  [[nodiscard]] Status Ask(uint32_t slot);
  void Send(uint32_t slot, Presentation code);
  void Connect();
  // Asks the next question for every answer, until then.
  [[nodiscard]] Status Load(steady_clock::time_point until);
  void Drain();
  [[nodiscard]] Answer WaitForOne();
  void Remember(const Answer& answer);
  [[nodiscard]] Status AwaitAcceptance(steady_clock::time_point since);
  [[nodiscard]] Status PresentAgain();

  const LoadOptions& options_;
  const Population population_;
  const SystemClock clock_;
  CodeSource codes_;
  const Target& target_;
  std::unique_ptr<Transport> transport_;
  std::vector<Presentation> asked_;  // by slot
  uint32_t outstanding_ = 0;
  std::deque<Presentation> accepted_;  // the newest at the end
  RecoveryReport report_;
};

void Recovery::Connect() {
  transport_ = std::make_unique<UnaryTransport<LoginCall>>(
      target_, options_.outstanding);
}

Status Recovery::Ask(uint32_t slot) {
  PAWL_RETURN_IF_ERROR(codes_.Peek());
  Send(slot, codes_.Take());
  return OkStatus();
}

void Recovery::Send(uint32_t slot, Presentation code) {
  asked_[slot] = std::move(code);
  const std::string login = population_.LoginOf(asked_[slot].token);
  transport_->Send(slot, {.login = login, .text = asked_[slot].text});
  ++outstanding_;
}

Answer Recovery::WaitForOne() {
  while (true) {
    if (const std::optional<Answer> answer = transport_->Wait()) {
      --outstanding_;
      return *answer;
    }
  }
}

void Recovery::Remember(const Answer& answer) {
  if (!answer.error.empty() || answer.verdict != v1::VERDICT_ACCEPTED) {
    return;
  }
  ++report_.accepted_before;
  accepted_.push_back(asked_[answer.slot]);
  if (accepted_.size() > kRemembered) {
    accepted_.pop_front();
  }
}

Status Recovery::Load(steady_clock::time_point until) {
  for (uint32_t slot = 0; slot < options_.outstanding; ++slot) {
    PAWL_RETURN_IF_ERROR(Ask(slot));
  }
  while (steady_clock::now() < until) {
    const Answer answer = WaitForOne();
    if (answer.verdict != v1::VERDICT_ACCEPTED) {
      return Internal("a fresh code before the kill: " +
                      (answer.error.empty() ? v1::Reason_Name(answer.reason)
                                            : answer.error));
    }
    Remember(answer);
    PAWL_RETURN_IF_ERROR(Ask(answer.slot));
  }
  return OkStatus();
}

void Recovery::Drain() {
  while (outstanding_ > 0) {
    Remember(WaitForOne());
  }
}

Status Recovery::AwaitAcceptance(steady_clock::time_point since) {
  while (steady_clock::now() - since < kComesBackWithin) {
    Connect();  // anew: a connection that broke waits for seconds
    PAWL_RETURN_IF_ERROR(Ask(0));
    const Answer answer = WaitForOne();
    if (answer.verdict == v1::VERDICT_ACCEPTED) {
      report_.down = std::chrono::duration_cast<std::chrono::milliseconds>(
          steady_clock::now() - since);
      return OkStatus();
    }
    if (answer.error.empty()) {
      return Internal("a fresh code after the restart: " +
                      v1::Reason_Name(answer.reason));
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  return Unavailable("the server did not come back");
}

Status Recovery::PresentAgain() {
  std::set<uint32_t> seen;
  while (!accepted_.empty()) {
    Presentation code = std::move(accepted_.back());
    accepted_.pop_back();
    const uint32_t token = code.token;
    // As in a load, codes of 24 bits are not presented twice.
    if (Population::KindOf(token) == db::TokenKind::kMotp ||
        !seen.insert(token).second) {
      continue;
    }
    Send(0, std::move(code));
    const Answer answer = WaitForOne();
    if (!answer.error.empty()) {
      return Unavailable(answer.error);
    }
    if (answer.verdict == v1::VERDICT_ACCEPTED) {
      return Internal("a code of token " + std::to_string(token) +
                      " was accepted before the kill, and again after it");
    }
    // A code of TOTP may have left its window meanwhile.
    if (answer.reason != v1::REASON_REPLAYED &&
        answer.reason != v1::REASON_WRONG_CODE) {
      return Internal("a code of token " + std::to_string(token) +
                      " was refused for another reason than its replay");
    }
    ++report_.presented_again;
  }
  return OkStatus();
}

StatusOr<RecoveryReport> Recovery::Run(int server) {
  PAWL_RETURN_IF_ERROR(codes_.Prepare(options_.prepare));
  Connect();
  PAWL_RETURN_IF_ERROR(
      Load(steady_clock::now() +
           std::chrono::duration_cast<steady_clock::duration>(
               std::chrono::duration<double>(options_.seconds))));
  if (kill(server, SIGKILL) != 0) {
    return FailedPrecondition("cannot kill process " + std::to_string(server));
  }
  const auto killed = steady_clock::now();
  Drain();
  PAWL_RETURN_IF_ERROR(AwaitAcceptance(killed));
  PAWL_RETURN_IF_ERROR(PresentAgain());
  return report_;
}

}  // namespace

StatusOr<RecoveryReport> RunRecovery(const LoadOptions& options, int server) {
  PAWL_ASSIGN_OR_RETURN(const Target target, Target::Open(options.target));
  PAWL_ASSIGN_OR_RETURN(
      const Positions positions,
      Positions::Open(options.state, Population(options.seed, options.tokens)));
  return Recovery(options, target, positions).Run(server);
}

}  // namespace pawl::bench
