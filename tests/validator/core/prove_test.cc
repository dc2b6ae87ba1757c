#include "validator/core/prove.h"

#include <set>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/support/vectors.h"
#include "validator/core/token_secret.h"

namespace pawl::validator {
namespace {

using db::Hint;
using db::TokenKind;
using db::TokenRecord;
using testing::Json;
using testing::LoadVectors;

Bytes Hex(const Json& value) {
  return HexDecode(value.get<std::string>()).value();
}

TokenRecord Oath(TokenKind kind, uint32_t window) {
  TokenRecord token;
  token.kind = kind;
  token.digits = 6;
  token.period = kind == TokenKind::kMotp ? 10 : 30;
  token.window = window;
  return token;
}

// What the whole chain grammar + proof makes of a bare code; an empty proof
// when no reading fits.
Proof ProveText(const TokenRecord& token, std::span<const uint8_t> secret,
                const std::string& text, UnixTime now = {}) {
  Proof best;
  for (const Reading& reading : ReadCredential(text, {&token, 1})) {
    const std::optional<Proof> proof = Prove(token, secret, reading, now);
    EXPECT_TRUE(proof.has_value());
    if (reading.pin.empty() && proof.has_value() && !best.fresh.has_value()) {
      best = *proof;
    }
  }
  return best;
}

class YubicoVectors : public ::testing::Test {
 protected:
  static Bytes Secret(const Json& one) {
    const Json& enrolled = one.contains("enrolled_private_id")
                               ? one.at("enrolled_private_id")
                               : one.at("private_id");
    Bytes packed = Hex(enrolled);
    const Bytes key = Hex(one.at("aes_key"));
    packed.insert(packed.end(), key.begin(), key.end());
    return packed;
  }
  static TokenRecord Token(const Json& one) {
    TokenRecord token;
    token.kind = TokenKind::kYubico;
    token.public_id = one.at("public_id");
    return token;
  }
};

// Layouts other than US Dvorak, and a TAB inside, are not read (protocols A.3
// leaves them to an option); they are refused, never misread.
const std::set<std::string> kLeftOut = {"yk036", "yk039", "yk040"};

TEST_F(YubicoVectors, AllComeOutAsPublished) {
  const Json file = LoadVectors("yubico_otp.json");
  int accepted = 0;
  for (const Json& one : file.at("vectors")) {
    const std::string id = one.at("id");
    const Proof proof = ProveText(Token(one), Secret(one), one.at("input"));
    const bool fresh = proof.fresh.has_value();
    const bool expected = one.at("result") == "OK" && kLeftOut.count(id) == 0;
    EXPECT_EQ(fresh, expected) << id << " " << one.at("desc");
    if (fresh) {
      const uint64_t counter =
          one.at("use_counter_raw").get<uint64_t>() & 0x7fffU;
      EXPECT_EQ(*proof.fresh,
                counter * 256 + one.at("session_use").get<uint64_t>())
          << id;
      ++accepted;
    }
  }
  EXPECT_GE(accepted, 25);
}

TEST_F(YubicoVectors, TheReplaySequenceIsAcceptedOnlyWhereItMovesForward) {
  const Json sequence = LoadVectors("yubico_otp.json").at("replay_sequence");
  TokenRecord token = Token(sequence);
  const Bytes secret = Secret(sequence);
  for (const Json& step : sequence.at("steps")) {
    const Proof proof = ProveText(token, secret, step.at("otp"));
    EXPECT_EQ(proof.fresh.has_value(), step.at("accept").get<bool>()) << step;
    EXPECT_EQ(proof.stale, !step.at("accept").get<bool>()) << step;
    if (proof.fresh.has_value()) {
      token.position = proof.fresh;
    }
  }
}

TEST(Prove, HotpLooksAheadAsTheVectorsSay) {
  const Json file = LoadVectors("hotp_rfc4226.json").at("look_ahead");
  const Bytes secret = Hex(file.at("secret_hex"));
  for (const Json& one : file.at("cases")) {
    TokenRecord token =
        Oath(TokenKind::kHotp, one.at("window").get<uint32_t>());
    const uint64_t counter = one.at("server_counter");
    if (counter > 0) {
      token.position = counter - 1;
    }
    const Proof proof = ProveText(token, secret, one.at("otp"));
    EXPECT_EQ(proof.fresh.has_value(), one.at("accept").get<bool>()) << one;
    if (proof.fresh.has_value()) {
      EXPECT_EQ(*proof.fresh + 1, one.at("new_server_counter")) << one;
    }
  }
}

void RunWindowCases(const Json& file, TokenKind kind,
                    std::span<const uint8_t> secret) {
  const UnixTime now = FromUnixMillis(file.at("now").get<int64_t>() * 1000);
  for (const Json& one : file.at("cases")) {
    const Json& window =
        one.contains("window") ? one.at("window") : file.at("window_steps");
    TokenRecord token = Oath(kind, window.get<uint32_t>());
    token.position =
        testing::OptionalMember<uint64_t>(one, "last_accepted_step");
    const Proof proof = ProveText(token, secret, one.at("otp"), now);
    EXPECT_EQ(proof.fresh.has_value(), one.at("accept").get<bool>()) << one;
    if (proof.fresh.has_value()) {
      EXPECT_EQ(*proof.fresh, one.at("new_last_accepted_step").get<uint64_t>());
      EXPECT_EQ(proof.drift, one.at("step_offset").get<int64_t>()) << one;
    }
  }
}

TEST(Prove, TotpWindowAndReplayAreAsTheVectorsSay) {
  const Json file = LoadVectors("totp_rfc6238.json").at("window_and_replay");
  RunWindowCases(file, TokenKind::kTotp, Hex(file.at("secret_hex")));
}

TEST(Prove, MotpWindowAndReplayAreAsTheVectorsSay) {
  const Json file = LoadVectors("motp.json").at("window_and_replay");
  const std::string text = file.at("secret").get<std::string>() + '\0' +
                           file.at("pin").get<std::string>();
  RunWindowCases(file, TokenKind::kMotp, AsBytes(text));
}

TEST(Prove, ResyncTakesConsecutiveCodesInOrderOnly) {
  const Json file = LoadVectors("hotp_rfc4226.json").at("resync");
  const Bytes secret = Hex(file.at("secret_hex"));
  for (const Json& one : file.at("cases")) {
    TokenRecord token = Oath(TokenKind::kHotp, 10);
    const uint64_t counter = one.at("server_counter");
    if (counter > 0) {
      token.position = counter - 1;
    }
    const std::optional<ResyncProof> proof =
        ProveResync(token, secret, one.at("otps")[0].get<std::string>(),
                    one.at("otps")[1].get<std::string>(), {});
    ASSERT_TRUE(proof.has_value());
    EXPECT_EQ(proof->found.has_value(), one.at("accept").get<bool>()) << one;
    if (proof->found.has_value()) {
      EXPECT_EQ(proof->found->second + 1, one.at("new_server_counter"));
    }
  }
}

TEST(Prove, LearnedDriftMovesTheWindow) {
  const Json file = LoadVectors("totp_rfc6238.json").at("window_and_replay");
  const Bytes secret = Hex(file.at("secret_hex"));
  const UnixTime now = FromUnixMillis(file.at("now").get<int64_t>() * 1000);
  TokenRecord token = Oath(TokenKind::kTotp, 1);
  const std::string two_ahead = "266759";  // step_offset 2 of the vectors
  EXPECT_FALSE(ProveText(token, secret, two_ahead, now).fresh.has_value());
  token.drift = 1;
  const Proof proof = ProveText(token, secret, two_ahead, now);
  EXPECT_TRUE(proof.fresh.has_value());
  EXPECT_EQ(proof.drift, 2);
  EXPECT_TRUE(Has(proof.hints, Hint::kClockDrift));
}

TEST(Prove, DriftIsBounded) {
  TokenRecord token = Oath(TokenKind::kTotp, 10);
  token.drift = INT64_MAX;
  const Proof proof = ProveText(token, AsBytes("12345678901234567890"),
                                "755224", FromUnixMillis(1'700'000'000'000));
  EXPECT_FALSE(proof.fresh.has_value());
}

TEST(Prove, ATimeBeforeTheFirstStepProvesNothing) {
  TokenRecord token = Oath(TokenKind::kTotp, 10);
  token.t0 = 2'000'000'000;
  const Proof proof = ProveText(token, AsBytes("12345678901234567890"),
                                "755224", FromUnixMillis(1'700'000'000'000));
  EXPECT_FALSE(proof.fresh.has_value());
  EXPECT_FALSE(proof.stale);
}

TEST(Prove, ACorruptSecretIsNoProofAtAll) {
  TokenRecord yubico;
  yubico.kind = TokenKind::kYubico;
  const Reading block{.token = 0, .code = std::string(32, 'c')};
  EXPECT_FALSE(Prove(yubico, AsBytes("short"), block, {}).has_value());
  const TokenRecord motp = Oath(TokenKind::kMotp, 1);
  const Reading code{.token = 0, .code = "6ed4e4"};
  EXPECT_FALSE(Prove(motp, AsBytes("no separator"), code, {}).has_value());
}

TEST(Prove, SkippedCountersAreHinted) {
  TokenRecord token = Oath(TokenKind::kHotp, 10);
  const auto secret = AsBytes("12345678901234567890");
  EXPECT_FALSE(
      Has(ProveText(token, secret, "755224").hints, Hint::kCounterJump));
  EXPECT_TRUE(
      Has(ProveText(token, secret, "359152").hints, Hint::kCounterJump));
}

}  // namespace
}  // namespace pawl::validator
