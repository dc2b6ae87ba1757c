#include "validator/core/prove.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "oath/hotp.h"
#include "oath/motp.h"
#include "oath/totp.h"
#include "validator/core/token_secret.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::validator {
namespace {

using db::Hint;
using db::Position;
using db::TokenKind;
using db::TokenRecord;

// A key that was powered up this often without a login in between was used
// somewhere else; smaller gaps are people typing OTPs into editors.
constexpr uint64_t kYubicoJump = 10 << 8;
// A clock this far off is worth a word to the help desk.
constexpr int64_t kDriftHintSeconds = 60;

// A YubiKey counts eighths of a second since it was powered up, modulo 2^24.
constexpr int64_t kTickMillis = 125;
constexpr int64_t kTicks = 1 << 24;
// An OTP that took longer than this from the key to us was held back; the key's
// clock may be off by a twentieth.
constexpr int64_t kDelayMillis = 60'000;
constexpr int64_t kClockError = 20;

// How far the key's clock is ahead of ours, in ticks.
int64_t TicksAhead(uint32_t timestamp, UnixTime now) {
  const int64_t ahead =
      (static_cast<int64_t>(timestamp) - ToUnixMillis(now) / kTickMillis) %
      kTicks;
  return ahead < 0 ? ahead + kTicks : ahead;
}

// True when the key's clock, as the last OTP of the same power-up showed it,
// says that this one is old.
bool WasHeldBack(const TokenRecord& token, Position position, int64_t ahead,
                 UnixTime now) {
  if (!token.last_used.has_value() || position >> 8U != *token.position >> 8U) {
    return false;
  }
  // Behind where it should be by less than half of the circle.
  const int64_t behind = (token.drift - ahead + kTicks) % kTicks;
  const int64_t tolerated =
      kDelayMillis + (now - *token.last_used).count() / kClockError;
  return behind < kTicks / 2 && behind * kTickMillis > tolerated;
}

// What is seen from how the code was typed.
db::Hints HintsOf(const Reading& reading) {
  db::Hints hints = 0;
  if (reading.keyboard_layout) {
    hints = hints | Hint::kKeyboardLayout;
  }
  if (reading.upper_case) {
    hints = hints | Hint::kUpperCase;
  }
  return hints;
}

// The step of the token's own clock: ours plus the drift it last showed.
struct TokenTime {
  uint64_t server_step = 0;
  uint64_t center = 0;
};

std::optional<TokenTime> TimeOf(const TokenRecord& token, UnixTime now) {
  const std::optional<uint64_t> step =
      oath::StepAt(ToUnixSeconds(now), token.t0, token.period);
  if (!step.has_value()) {
    return std::nullopt;
  }
  const int64_t drift = std::clamp(token.drift, -kMaxDrift, kMaxDrift);
  const int64_t center = static_cast<int64_t>(*step) + drift;
  return TokenTime{
      .server_step = *step,
      .center = static_cast<uint64_t>(std::max<int64_t>(center, 0))};
}

int64_t DriftOf(Position matched, const TokenTime& time) {
  return std::clamp(
      static_cast<int64_t>(matched) - static_cast<int64_t>(time.server_step),
      -kMaxDrift, kMaxDrift);
}

// A text that was used is used, also where it happens to stand for a later
// position of the window as well.
void Take(const oath::WindowMatch& match, Proof& proof) {
  proof.stale = match.stale.has_value();
  if (!proof.stale && match.fresh.value_or(0) <= db::kMaxPosition) {
    proof.fresh = match.fresh;
  }
}

// What the counters of a real OTP of the key say.
void TakeKeyCounters(const TokenRecord& token, Position position,
                     uint32_t timestamp, UnixTime now, Proof& proof) {
  if (token.position.has_value() && position <= *token.position) {
    proof.stale = true;
    if (position < *token.position) {
      proof.hints = proof.hints | Hint::kCloneSuspected;
    }
    return;
  }
  proof.fresh = position;
  proof.drift = TicksAhead(timestamp, now);
  if (!token.position.has_value()) {
    return;
  }
  if (position - *token.position > kYubicoJump) {
    proof.hints = proof.hints | Hint::kCounterJump;
  }
  if (WasHeldBack(token, position, proof.drift, now)) {
    proof.hints = proof.hints | Hint::kDelayed;
  }
}

bool ProveYubico(const TokenRecord& token, std::span<const uint8_t> secret,
                 const Reading& reading, UnixTime now, Proof& proof) {
  const std::optional<YubicoSecret> keys = UnpackYubico(secret);
  const std::optional<yubico::OtpText> text = yubico::ParseModhex(reading.code);
  if (!keys.has_value() || !text.has_value()) {
    return false;
  }
  const std::optional<yubico::OtpBlock> block =
      yubico::Open(text->cipher, keys->aes_key, keys->private_id);
  if (!block.has_value()) {
    return true;
  }
  TakeKeyCounters(token, yubico::PositionOf(*block), block->timestamp, now,
                  proof);
  return true;
}
void ProveHotp(const TokenRecord& token, std::span<const uint8_t> secret,
               const Reading& reading, Proof& proof) {
  Take(oath::FindHotp(secret, reading.code, token.digits, token.hash,
                      token.position, token.window),
       proof);
  const Position expected =
      token.position.has_value() ? *token.position + 1 : 0;
  if (proof.fresh.has_value() && *proof.fresh > expected) {
    proof.hints = proof.hints | Hint::kCounterJump;
  }
}

// TOTP and mOTP differ only in the function that searches the window.
template <typename Find>
void ProveTimed(const TokenRecord& token, UnixTime now, Find find,
                Proof& proof) {
  const std::optional<TokenTime> time = TimeOf(token, now);
  if (!time.has_value()) {
    return;
  }
  Take(find(time->center), proof);
  if (!proof.fresh.has_value()) {
    return;
  }
  proof.drift = DriftOf(*proof.fresh, *time);
  if (std::abs(proof.drift) * token.period >= kDriftHintSeconds) {
    proof.hints = proof.hints | Hint::kClockDrift;
  }
}

bool ProveMotp(const TokenRecord& token, std::span<const uint8_t> secret,
               const Reading& reading, UnixTime now, Proof& proof) {
  const std::optional<MotpSecret> keys = UnpackMotp(secret);
  if (!keys.has_value()) {
    return false;
  }
  ProveTimed(
      token, now,
      [&](uint64_t center) {
        return oath::FindMotp(keys->secret, keys->pin, reading.code,
                              token.position, center, token.window);
      },
      proof);
  return true;
}

// The first position that is still unused.
Position NextOf(const TokenRecord& token) {
  return token.position.has_value() ? *token.position + 1 : 0;
}

using CodePair = std::pair<std::string_view, std::string_view>;

std::optional<Position> FindTotpPair(const TokenRecord& token,
                                     std::span<const uint8_t> secret,
                                     const CodePair& codes,
                                     const TokenTime& time) {
  const auto reach = static_cast<uint64_t>(kMaxDrift);
  const uint64_t lowest =
      time.server_step > reach ? time.server_step - reach : 0;
  const uint64_t first = std::max(lowest, NextOf(token));
  const uint64_t highest = time.server_step + reach;
  if (first > highest) {
    return std::nullopt;
  }
  return oath::FindHotpPair(secret, codes, token.digits, token.hash, first,
                            highest - first);
}

ResyncProof TimedResync(std::optional<Position> first, const TokenTime& time) {
  if (!first.has_value()) {
    return {};
  }
  // The second code is what the token shows now.
  const Position second = *first + 1;
  return {.found = Resync{.second = second, .drift = DriftOf(second, time)}};
}

}  // namespace

std::optional<Proof> Prove(const TokenRecord& token,
                           std::span<const uint8_t> secret,
                           const Reading& reading, UnixTime now) {
  Proof proof{.token = reading.token};
  bool sound = true;
  switch (token.kind) {
    case TokenKind::kYubicloud:
      break;  // ProveByCloud()
    case TokenKind::kYubico:
      sound = ProveYubico(token, secret, reading, now, proof);
      break;
    case TokenKind::kHotp:
      ProveHotp(token, secret, reading, proof);
      break;
    case TokenKind::kTotp:
      ProveTimed(
          token, now,
          [&](uint64_t center) {
            return oath::FindTotp(secret, reading.code, token.digits,
                                  token.hash, token.position, center,
                                  token.window);
          },
          proof);
      break;
    case TokenKind::kMotp:
      sound = ProveMotp(token, secret, reading, now, proof);
      break;
  }
  if (!sound) {
    return std::nullopt;
  }
  proof.hints = proof.hints | HintsOf(reading);
  return proof;
}

const CloudAnswer* AnswerTo(std::string_view otp,
                            std::span<const CloudAnswer> answers) {
  const auto found =
      std::find_if(answers.begin(), answers.end(),
                   [&](const CloudAnswer& one) { return one.otp == otp; });
  return found == answers.end() ? nullptr : &*found;
}

Proof ProveByCloud(const TokenRecord& token, const Reading& reading,
                   std::span<const CloudAnswer> answers, UnixTime now) {
  Proof proof{.token = reading.token};
  const CloudAnswer* answer = AnswerTo(token.public_id + reading.code, answers);
  if (answer != nullptr) {
    if (answer->result == CloudAnswer::Result::kGood) {
      TakeKeyCounters(token, answer->position, answer->timestamp, now, proof);
    }
    proof.stale =
        proof.stale || answer->result == CloudAnswer::Result::kReplayed;
  }
  proof.hints = proof.hints | HintsOf(reading);
  return proof;
}

uint32_t KeyClock(int64_t drift, UnixTime now) {
  return static_cast<uint32_t>((drift + ToUnixMillis(now) / kTickMillis) %
                               kTicks);
}

std::optional<ResyncProof> ProveResync(const TokenRecord& token,
                                       std::span<const uint8_t> secret,
                                       std::string_view first,
                                       std::string_view second, UnixTime now) {
  const CodePair codes{first, second};
  if (db::IsYubiKey(token.kind)) {
    return ResyncProof{};  // always in step
  }
  if (token.kind == TokenKind::kHotp) {
    const std::optional<Position> at =
        oath::FindHotpPair(secret, codes, token.digits, token.hash,
                           NextOf(token), kHotpResyncWindow);
    return at.has_value() && *at < db::kMaxPosition
               ? ResyncProof{.found = Resync{.second = *at + 1}}
               : ResyncProof{};
  }
  const std::optional<TokenTime> time = TimeOf(token, now);
  if (!time.has_value()) {
    return ResyncProof{};
  }
  if (token.kind == TokenKind::kTotp) {
    return TimedResync(FindTotpPair(token, secret, codes, *time), *time);
  }
  const std::optional<MotpSecret> keys = UnpackMotp(secret);
  if (!keys.has_value()) {
    return std::nullopt;
  }
  return TimedResync(
      oath::FindMotpPair(keys->secret, keys->pin, codes, NextOf(token),
                         time->server_step, static_cast<uint64_t>(kMaxDrift)),
      *time);
}

}  // namespace pawl::validator
