#include "yubico/otp.h"

#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/support/fake_rng.h"
#include "tests/support/hex.h"
#include "tests/support/vectors.h"
#include "yubico/modhex.h"

namespace pawl::yubico {
namespace {

using ::pawl::testing::FakeRng;
using ::pawl::testing::FromHex;
using ::pawl::testing::FromHexArray;
using ::pawl::testing::Json;
using ::pawl::testing::LoadVectors;
using ::pawl::testing::OptionalMember;

using PrivateId = std::array<uint8_t, kPrivateIdSize>;

const AesBlock kKey = FromHexArray<16>("ecde18dbe76fbd0c33330f1c354871db");
const PrivateId kId = FromHexArray<6>("8792ebfe26cc");

auto FieldsOf(const OtpBlock& block) {
  return std::tie(block.private_id, block.use_counter, block.caps_lock,
                  block.timestamp, block.session_use, block.random);
}

// The keys and ids a vector was made with.
struct Token {
  explicit Token(const Json& vector)
      : key(FromHexArray<16>(vector.at("aes_key").get<std::string>())),
        private_id(FromHexArray<6>(
            OptionalMember<std::string>(vector, "enrolled_private_id")
                .value_or(vector.at("private_id").get<std::string>()))),
        public_id(vector.at("public_id").get<std::string>()) {}
  AesBlock key;
  PrivateId private_id;
  std::string public_id;
};

// Reads `input` the way a server does: modhex first, then Dvorak.
std::optional<OtpBlock> Read(const Token& token, std::string_view input) {
  const std::string_view text = StripLineEnd(input);
  for (const std::optional<OtpText>& otp :
       {ParseModhex(text), ParseDvorak(text)}) {
    if (!otp.has_value() || otp->public_id != token.public_id) {
      continue;
    }
    const std::optional<OtpBlock> block =
        Open(otp->cipher, token.key, token.private_id);
    if (block.has_value()) {
      return block;
    }
  }
  return std::nullopt;
}

void ExpectFields(const Json& vector, const OtpBlock& block) {
  EXPECT_EQ(HexEncode(block.private_id), vector.at("private_id"));
  EXPECT_EQ(block.use_counter, vector.at("use_counter"));
  EXPECT_EQ(block.caps_lock, vector.at("caps_lock"));
  EXPECT_EQ(block.timestamp, vector.at("timestamp"));
  EXPECT_EQ(block.session_use, vector.at("session_use"));
  EXPECT_EQ(block.random, vector.at("random"));
}

// True for vectors that only a server with more keyboard layouts, or with a
// TAB inside the OTP, can read. Ours refuses them.
bool WantsMoreThanWeRead(const Json& vector) {
  const auto layout = OptionalMember<std::string>(vector, "layout");
  return (layout.has_value() && *layout != "dvorak") ||
         vector.at("input").get<std::string>().find('\t') != std::string::npos;
}

void ExpectOk(const Json& vector) {
  const Token token(vector);
  const auto input = vector.at("input").get<std::string>();
  const std::optional<OtpBlock> block = Read(token, input);
  if (WantsMoreThanWeRead(vector)) {
    EXPECT_FALSE(block.has_value());
    return;
  }
  ASSERT_TRUE(block.has_value());
  ExpectFields(vector, *block);
  const AesBlock cipher = Seal(*block, token.key);
  EXPECT_EQ(ModhexEncode(cipher), vector.at("ciphertext"));
  EXPECT_EQ(token.public_id + ModhexEncode(cipher), vector.at("otp"));
  EXPECT_EQ(HexEncode(Aes128Decrypt(token.key, cipher)),
            vector.at("plaintext"));
}

// The text itself is not an OTP.
void ExpectNoOtp(const Json& vector) {
  const auto input = vector.at("input").get<std::string>();
  EXPECT_FALSE(ParseModhex(StripLineEnd(input)).has_value());
  EXPECT_FALSE(ParseDvorak(StripLineEnd(input)).has_value());
}

// The text is an OTP, but not one of this token.
void ExpectForeign(const Json& vector) {
  const auto input = vector.at("input").get<std::string>();
  EXPECT_TRUE(ParseModhex(StripLineEnd(input)).has_value());
  EXPECT_FALSE(Read(Token(vector), input).has_value());
}

TEST(OtpVectors, AllGiveTheirResult) {
  const Json vectors = LoadVectors("yubico_otp.json");
  ASSERT_GE(vectors.at("vectors").size(), 45U);
  for (const Json& vector : vectors.at("vectors")) {
    SCOPED_TRACE(vector.at("id").get<std::string>());
    const auto result = vector.at("result").get<std::string>();
    if (result == "OK") {
      ExpectOk(vector);
    } else if (result == "LENGTH" || result == "ALPHABET" ||
               result == "LENGTH_OR_CRC") {
      ExpectNoOtp(vector);
    } else if (result == "CRC_MISMATCH" || result == "PRIVATE_ID_MISMATCH") {
      ExpectForeign(vector);
    } else {
      ADD_FAILURE() << "unknown result " << result;
    }
  }
}

TEST(OtpVectors, PositionsFollowTheReplaySequence) {
  const Json vectors = LoadVectors("yubico_otp.json");
  const Json& sequence = vectors.at("replay_sequence");
  const Token token(sequence);
  std::optional<uint64_t> last;
  ASSERT_FALSE(sequence.at("steps").empty());
  for (const Json& step : sequence.at("steps")) {
    const auto otp = step.at("otp").get<std::string>();
    SCOPED_TRACE(otp);
    const std::optional<OtpBlock> block = Read(token, otp);
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(block->use_counter | (block->caps_lock ? 0x8000 : 0),
              step.at("use_counter_raw"));
    EXPECT_EQ(block->session_use, step.at("session_use"));
    EXPECT_EQ(block->timestamp, step.at("timestamp"));
    const bool accept = !last.has_value() || PositionOf(*block) > *last;
    EXPECT_EQ(accept, step.at("accept"));
    if (accept) {
      last = PositionOf(*block);
    }
  }
}

TEST(OtpVectors, TimestampsCountAt8HzAndWrap) {
  const Json vectors = LoadVectors("yubico_otp.json");
  const Token token(vectors.at("replay_sequence"));
  ASSERT_FALSE(vectors.at("timestamp_checks").empty());
  for (const Json& check : vectors.at("timestamp_checks")) {
    const std::optional<OtpBlock> first =
        Read(token, check.at("first").at("otp").get<std::string>());
    const std::optional<OtpBlock> second =
        Read(token, check.at("second").at("otp").get<std::string>());
    ASSERT_TRUE(first.has_value() && second.has_value());
    EXPECT_EQ((second->timestamp - first->timestamp) & 0xffffffU,
              check.at("ticks"));
  }
}

TEST(OtpVectors, CrcAgrees) {
  const Json vectors = LoadVectors("yubico_otp.json");
  ASSERT_FALSE(vectors.at("crc16").empty());
  for (const Json& vector : vectors.at("crc16")) {
    EXPECT_EQ(Crc16(FromHex(vector.at("data_hex").get<std::string>())),
              vector.at("crc"));
  }
  EXPECT_EQ(HexEncode(Bytes{kCrcResidue >> 8, kCrcResidue & 0xff}),
            vectors.at("crc16_residue"));
}

TEST(StripLineEnd, StripsCrAndLfAtTheEndOnly) {
  EXPECT_EQ(StripLineEnd("abc\r\n"), "abc");
  EXPECT_EQ(StripLineEnd("abc\n\r\n"), "abc");
  EXPECT_EQ(StripLineEnd("\nabc"), "\nabc");
  EXPECT_EQ(StripLineEnd("abc \t"), "abc \t");
  EXPECT_EQ(StripLineEnd("\r\n"), "");
  EXPECT_EQ(StripLineEnd(""), "");
}

TEST(ParseModhex, TakesPublicIdsOfEveryEvenLength) {
  for (size_t letters = 0; letters <= 80; ++letters) {
    const std::optional<OtpText> otp = ParseModhex(std::string(letters, 'c'));
    const bool good = letters >= 32 && letters <= 64 && letters % 2 == 0;
    ASSERT_EQ(otp.has_value(), good) << letters;
    if (good) {
      EXPECT_EQ(otp->public_id, std::string(letters - 32, 'c'));
    }
  }
}

TEST(ParseModhex, RefusesAStrangeCharacterAnywhere) {
  const std::string good = "dteffujehknhbclhilcbdccefjeuvjudugubibhdntkg";
  ASSERT_TRUE(ParseModhex(good).has_value());
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'a', '0', ' ', '\0', '\n', '\xd1'}) {
      std::string bad = good;
      bad[i] = c;
      EXPECT_FALSE(ParseModhex(bad).has_value()) << i;
    }
  }
}

TEST(ParseModhex, LowersThePublicId) {
  const std::optional<OtpText> otp =
      ParseModhex("DTEFFUJEHKNHBCLHILCBDCCEFJEUVJUDUGUBIBHDNTKG");
  ASSERT_TRUE(otp.has_value());
  EXPECT_EQ(otp->public_id, "dteffujehknh");
  EXPECT_EQ(ModhexEncode(otp->cipher), "bclhilcbdccefjeuvjudugubibhdntkg");
}

TEST(Open, GivesBackWhatWasSealed) {
  FakeRng rng;
  for (int i = 0; i < 500; ++i) {
    AesBlock key{};
    OtpBlock block{};
    rng.Fill(key);
    rng.Fill(block.private_id);
    const uint64_t bits = rng.RandomId();
    block.use_counter = static_cast<uint16_t>(bits & 0x7fffU);
    block.caps_lock = (bits & 0x8000U) != 0;
    block.timestamp = static_cast<uint32_t>((bits >> 16U) & 0xffffffU);
    block.session_use = static_cast<uint8_t>(bits >> 40U);
    block.random = static_cast<uint16_t>(bits >> 48U);
    const std::optional<OtpBlock> opened =
        Open(Seal(block, key), key, block.private_id);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(FieldsOf(*opened), FieldsOf(block));
  }
}

TEST(Open, RefusesAnyOtherKeyOrPrivateId) {
  const AesBlock cipher = Seal({.private_id = kId, .use_counter = 1}, kKey);
  ASSERT_TRUE(Open(cipher, kKey, kId).has_value());
  for (size_t i = 0; i < kKey.size(); ++i) {
    AesBlock key = kKey;
    key[i] ^= 1;
    EXPECT_FALSE(Open(cipher, key, kId).has_value());
  }
  for (size_t i = 0; i < kId.size(); ++i) {
    PrivateId id = kId;
    id[i] ^= 0x80;
    EXPECT_FALSE(Open(cipher, kKey, id).has_value());
  }
}

TEST(Open, RefusesAWrongCrcUnderTheRightKeyAndId) {
  AesBlock plain = Aes128Decrypt(kKey, Seal({.private_id = kId}, kKey));
  for (size_t bit = 6 * 8; bit < 16 * 8; ++bit) {
    AesBlock changed = plain;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
    EXPECT_FALSE(Open(Aes128Encrypt(kKey, changed), kKey, kId).has_value());
  }
}

TEST(SealDeathTest, RefusesFieldsThatDoNotFit) {
  EXPECT_DEATH((void)Seal({.use_counter = 0x8000}, kKey), "check_failed");
  EXPECT_DEATH((void)Seal({.timestamp = 0x1000000}, kKey), "check_failed");
}

TEST(PositionOf, GrowsByCounterThenByUse) {
  EXPECT_EQ(PositionOf({}), 0U);
  EXPECT_EQ(PositionOf({.use_counter = 1}), 256U);
  EXPECT_EQ(PositionOf({.use_counter = 1, .session_use = 255}), 511U);
  EXPECT_EQ(PositionOf({.use_counter = 0x7fff, .session_use = 255}), 8388607U);
  EXPECT_EQ(PositionOf({.use_counter = 3, .caps_lock = true}),
            PositionOf({.use_counter = 3, .timestamp = 9, .random = 9}));
}

}  // namespace
}  // namespace pawl::yubico
