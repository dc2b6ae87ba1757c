// Our Seal() and Open() against libyubikey and its programs.
#include <array>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <yubikey.h>

#include "tests/support/fake_rng.h"
#include "tests/support/hex.h"
#include "tests/support/process.h"
#include "yubico/modhex.h"
#include "yubico/otp.h"

namespace pawl::yubico {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::LinesOf;
using ::pawl::testing::ProcessResult;
using ::pawl::testing::RunProgram;

struct Sample {
  AesBlock key{};
  OtpBlock block{};
};

Sample RandomSample(FakeRng& rng) {
  Sample sample;
  rng.Fill(sample.key);
  rng.Fill(sample.block.private_id);
  std::array<uint8_t, 9> bytes{};
  rng.Fill(bytes);
  sample.block.use_counter =
      static_cast<uint16_t>(((bytes[0] & 0x7f) << 8) | bytes[1]);
  sample.block.caps_lock = (bytes[2] & 1) != 0;
  sample.block.timestamp =
      static_cast<uint32_t>((bytes[3] << 16) | (bytes[4] << 8) | bytes[5]);
  sample.block.session_use = bytes[6];
  sample.block.random = static_cast<uint16_t>((bytes[7] << 8) | bytes[8]);
  return sample;
}

uint16_t RawCounter(const OtpBlock& block) {
  return static_cast<uint16_t>(block.use_counter |
                               (block.caps_lock ? 0x8000U : 0U));
}

TEST(Libyubikey, OpensWhatWeSeal) {
  FakeRng rng(1);
  for (int i = 0; i < 2000; ++i) {
    const auto [key, block] = RandomSample(rng);
    const std::string text = ModhexEncode(Seal(block, key));
    yubikey_token_st token{};
    yubikey_parse(AsBytes(text).data(), key.data(), &token);
    EXPECT_EQ(
        yubikey_crc16(reinterpret_cast<const uint8_t*>(&token), sizeof(token)),
        YUBIKEY_CRC_OK_RESIDUE);
    EXPECT_EQ(HexEncode(token.uid), HexEncode(block.private_id));
    EXPECT_EQ(token.ctr, RawCounter(block));
    EXPECT_EQ(token.tstpl, block.timestamp & 0xffffU);
    EXPECT_EQ(token.tstph, block.timestamp >> 16U);
    EXPECT_EQ(token.use, block.session_use);
    EXPECT_EQ(token.rnd, block.random);
  }
}

// The text that libyubikey makes of a block.
std::string Generate(const AesBlock& key, const OtpBlock& block) {
  yubikey_token_st token{};
  std::copy(block.private_id.begin(), block.private_id.end(), token.uid);
  token.ctr = RawCounter(block);
  token.tstpl = static_cast<uint16_t>(block.timestamp);
  token.tstph = static_cast<uint8_t>(block.timestamp >> 16U);
  token.use = block.session_use;
  token.rnd = block.random;
  token.crc = static_cast<uint16_t>(
      ~yubikey_crc16(reinterpret_cast<const uint8_t*>(&token), 14));
  std::array<char, YUBIKEY_OTP_SIZE + 1> text{};
  yubikey_generate(&token, key.data(), text.data());
  return text.data();
}

TEST(Libyubikey, SealsWhatWeOpen) {
  FakeRng rng(2);
  for (int i = 0; i < 2000; ++i) {
    const auto [key, block] = RandomSample(rng);
    const std::string text = Generate(key, block);
    EXPECT_EQ(text, ModhexEncode(Seal(block, key)));
    const std::optional<OtpText> otp = ParseModhex(text);
    ASSERT_TRUE(otp.has_value());
    const std::optional<OtpBlock> opened =
        Open(otp->cipher, key, block.private_id);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(RawCounter(*opened), RawCounter(block));
    EXPECT_EQ(opened->timestamp, block.timestamp);
    EXPECT_EQ(opened->session_use, block.session_use);
    EXPECT_EQ(opened->random, block.random);
  }
}

TEST(Libyubikey, DecryptsToTheSameBytesAlsoWhenTheyAreNoOtp) {
  FakeRng rng(3);
  for (int i = 0; i < 2000; ++i) {
    AesBlock key{};
    AesBlock cipher{};
    rng.Fill(key);
    rng.Fill(cipher);
    AesBlock plain = cipher;
    yubikey_aes_decrypt(plain.data(), key.data());
    EXPECT_EQ(Aes128Decrypt(key, cipher), plain);
  }
}

// The "name: value" lines of ykparse's report.
std::map<std::string, std::string> ParseReport(std::string_view text) {
  std::map<std::string, std::string> report;
  for (const std::string& line : LinesOf(text)) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos && colon + 2 <= line.size()) {
      const size_t name = line.find_first_not_of(' ');
      report[line.substr(name, colon - name)] = line.substr(colon + 2);
    }
  }
  return report;
}

TEST(Ykparse, ReportsWhatWeSeal) {
  FakeRng rng(4);
  for (int i = 0; i < 8; ++i) {
    const auto [key, block] = RandomSample(rng);
    const ProcessResult result =
        RunProgram({"ykparse", HexEncode(key), ModhexEncode(Seal(block, key))});
    ASSERT_EQ(result.exit_code, 0) << "is ykparse installed?";
    auto report = ParseReport(result.output);
    std::string uid;
    for (const uint8_t byte : block.private_id) {
      uid += HexEncode({&byte, 1}) + ' ';
    }
    EXPECT_EQ(report["uid"], uid) << result.output;
    EXPECT_EQ(report["counter"].substr(0, report["counter"].find(' ')),
              std::to_string(RawCounter(block)))
        << result.output;
    EXPECT_EQ(report["random"].substr(0, report["random"].find(' ')),
              std::to_string(block.random))
        << result.output;
    EXPECT_EQ(report["crc check"], "ok") << result.output;
  }
}

// `value` as hex of `digits` digits, most significant first.
std::string Hex(uint32_t value, size_t digits) {
  const std::array<uint8_t, 4> bytes = {
      static_cast<uint8_t>(value >> 24U), static_cast<uint8_t>(value >> 16U),
      static_cast<uint8_t>(value >> 8U), static_cast<uint8_t>(value)};
  return HexEncode(bytes).substr(8 - digits);
}

// ykgenerate adds a random part of its own.
TEST(Ykgenerate, TypesWhatWeOpen) {
  FakeRng rng(5);
  for (int i = 0; i < 8; ++i) {
    const auto [key, block] = RandomSample(rng);
    const ProcessResult result = RunProgram(
        {"ykgenerate", HexEncode(key), HexEncode(block.private_id),
         Hex(RawCounter(block), 4), Hex(block.timestamp & 0xffffU, 4),
         Hex(block.timestamp >> 16U, 2), Hex(block.session_use, 2)});
    ASSERT_EQ(result.exit_code, 0) << "is ykgenerate installed?";
    const std::optional<OtpText> otp = ParseModhex(StripLineEnd(result.output));
    ASSERT_TRUE(otp.has_value()) << result.output;
    const std::optional<OtpBlock> opened =
        Open(otp->cipher, key, block.private_id);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(RawCounter(*opened), RawCounter(block));
    EXPECT_EQ(opened->timestamp, block.timestamp);
    EXPECT_EQ(opened->session_use, block.session_use);
  }
}

}  // namespace
}  // namespace pawl::yubico
